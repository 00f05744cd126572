/**
 * Every error a client can be told, by socket or by REST. `docs/errors.md` is this table in prose and a test
 * holds the two together.
 *
 * - `status`: HTTP status of the REST answer.
 * - `retryable`: the same request may succeed later. For a send, only UNAVAILABLE and INTERNAL leave the outcome
 *   unknown: the client repeats it with the same clientMessageId. Every other code means «not written».
 */
export const errorCodes = {
  UNAUTHENTICATED: { status: 401, retryable: false, meaning: "No valid credentials." },
  TOKEN_EXPIRED: { status: 401, retryable: false, meaning: "The token has expired: fetch a new one." },
  FORBIDDEN: { status: 403, retryable: false, meaning: "Known, but not allowed with this role." },
  NOT_FOUND: { status: 404, retryable: false, meaning: "Absent, or not yours to see." },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, meaning: "The route has no such method." },
  INVALID: { status: 400, retryable: false, meaning: "The request does not have the documented shape." },
  TOO_LARGE: { status: 413, retryable: false, meaning: "Beyond a documented size." },
  CONFLICT: { status: 409, retryable: false, meaning: "Contradicts what is already stored." },
  UNSUPPORTED: { status: 415, retryable: false, meaning: "The media type or feature is not supported." },
  UNPROCESSABLE: { status: 422, retryable: false, meaning: "Of a supported type, but it cannot be taken." },
  QUOTA_EXCEEDED: { status: 403, retryable: false, meaning: "All the room one person may have is taken." },
  STORAGE_FULL: { status: 507, retryable: true, meaning: "The cluster has no room for files now." },
  UNKNOWN_EVENT: { status: 400, retryable: false, meaning: "No such socket event." },
  RATE_LIMITED: { status: 429, retryable: true, meaning: "Too fast: wait retryAfterMs." },
  UNAVAILABLE: { status: 503, retryable: true, meaning: "A part of the cluster did not answer: try again." },
  INTERNAL: { status: 500, retryable: true, meaning: "A fault of ours, recorded under the request id." },
} as const satisfies Record<string, { status: number; retryable: boolean; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorBody {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
}

/** An expected failure. Anything else that is thrown reaches the client as INTERNAL. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  /** With CONFLICT of a compare-and-set: what is stored instead of the expected. */
  readonly present: string | null | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfterMs?: number; present?: string | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodedError";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.present = options.present;
  }
}

/** What an ack or a `connect_error` carries for a failure. */
export function errorBody(error: CodedError): ErrorBody {
  const body: ErrorBody = {
    code: error.code,
    message: error.message,
    retryable: errorCodes[error.code].retryable,
  };
  if (error.retryAfterMs !== undefined) body.retryAfterMs = Math.ceil(error.retryAfterMs);
  return body;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCodes, code);
}
