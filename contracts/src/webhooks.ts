import * as z from "zod/mini";
import { pageCursor, pageLimit, shortText, storable } from "./http.ts";
import { uuid } from "./ids.ts";
import type { Notification } from "./shapes.ts";

/**
 * Webhooks: the host's back end is told of notifications that people have not seen. Signed as Standard Webhooks
 * (https://www.standardwebhooks.com) says, so that receivers find a library: `webhook-id`, `webhook-timestamp`, and
 * `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 */

/** Of all together: every notification goes to each. */
export const maxWebhooks = 20;
/** How long a rotated secret signs beside its successor. */
export const formerSecretHours = 24;

const webhookUrl = z.url({ protocol: /^https?$/ }).check(
  z.maxLength(2_048),
  storable,
  z.refine((text) => {
    // `url` has said already when it is none.
    if (!URL.canParse(text)) return true;
    const { username, password, hash } = new URL(text);
    return username === "" && password === "" && hash === "";
  }, "holds credentials or a fragment"),
);

export const createWebhookBody = z.strictObject({ url: webhookUrl, name: z.optional(shortText(100)) });
export const changeWebhookBody = z
  .strictObject({
    url: z.optional(webhookUrl),
    name: z.optional(shortText(100)),
    enabled: z.optional(z.boolean()),
  })
  .check(z.refine((body) => Object.keys(body).length > 0, "nothing to change"));
export type ChangeWebhookBody = z.infer<typeof changeWebhookBody>;

export const webhookParams = z.strictObject({ id: uuid });
export const listWebhooksQuery = z.strictObject({ cursor: pageCursor, limit: pageLimit });

export const deliveryStates = ["waiting", "sent", "dropped", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];
export const listDeliveriesQuery = z.strictObject({
  state: z.optional(z.enum(deliveryStates)),
  cursor: pageCursor,
  limit: pageLimit,
});

/** Without `ids` all dead letters. */
export const replayBody = z.strictObject({
  ids: z.optional(z.array(uuid).check(z.minLength(1), z.maxLength(200))),
});

export const disabledReasons = ["asked", "failing", "gone"] as const;

/** Without its secret. */
export interface Webhook {
  id: string;
  name: string;
  url: string;
  createdBy: string;
  createdAt: string;
  /** Every attempt since then has failed. */
  failingSince: string | null;
  disabledAt: string | null;
  disabledBecause: (typeof disabledReasons)[number] | null;
}

/** The only answers that hold the secret. */
export interface NewWebhook extends Webhook {
  secret: string;
}

/** One line of the ledger. */
export interface Delivery {
  id: string;
  userId: string;
  conversationId: string;
  seq: number;
  state: DeliveryState;
  /** Why it was dropped, or how the last attempt failed. */
  reason: string | null;
  /** HTTP status of the last answer. */
  status: number | null;
  attempts: number;
  /** While it waits: when it is tried again, or counts as lost when it is under way. */
  dueAt: string;
  createdAt: string;
  doneAt: string | null;
}

/** What is posted. `id` is the same in every attempt and replay: whoever saw it has it already. */
export interface WebhookEvent {
  id: string;
  type: "notification";
  timestamp: string;
  data: { userId: string; notification: Notification };
}
