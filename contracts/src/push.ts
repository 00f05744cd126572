import * as z from "zod/mini";
import { storable } from "./http.ts";
import { uuid } from "./ids.ts";

/** Web push: the browser's own push service wakes a page's service worker, also when no page is open. */

/** Of one person; the oldest make room. */
export const maxPushSubscriptions = 20;

/** An uncompressed point of P-256 (65 bytes, the first is 4), and 16 bytes: base64url. */
const point = z.string().check(z.regex(/^B[A-P][A-Za-z0-9_-]{85}=?$/));
const sixteenBytes = z.string().check(z.regex(/^[A-Za-z0-9_-]{22}(==)?$/));
const endpoint = z.url({ protocol: /^https?$/ }).check(z.maxLength(1_024), storable);
const latestMs = Date.UTC(9999, 11, 31);

/** As `PushSubscription.toJSON()` says it. */
export const pushSubscriptionBody = z.strictObject({
  endpoint,
  expirationTime: z.optional(z.nullable(z.number().check(z.minimum(0), z.maximum(latestMs)))),
  keys: z.strictObject({ p256dh: point, auth: sixteenBytes }),
});
export type PushSubscriptionBody = z.infer<typeof pushSubscriptionBody>;

export const pushSubscriptionParams = z.strictObject({ id: uuid });

export const pushKey = z.strictObject({ publicKey: z.string() });
export const pushSubscriptionRef = z.strictObject({ id: uuid });

/** What the service worker gets. `id` is the delivery's, the same in every attempt. */
export interface PushMessage {
  id: string;
  title: string;
  message: string;
  conversationId: string;
  seq: number;
  /** Unread in the conversation. */
  count: number;
}
