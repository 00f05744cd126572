/** W3C trace context, version 00: trace id, id of the caller's span, flags. Without a schema, for browsers. */
export const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
