import * as z from "zod/mini";
import { seq, userId, uuid } from "./ids.ts";
import { count, named, notification, schemaFor, time } from "./shape-schemas.ts";
import {
  type Delivery,
  deliveryStates,
  disabledReasons,
  type NewWebhook,
  type Webhook,
  type WebhookEvent,
} from "./webhooks.ts";

/** As in shape-schemas.ts, of what concerns webhooks. */

const webhookFields = {
  id: uuid,
  name: z.string(),
  url: z.string(),
  createdBy: z.string(),
  createdAt: time,
  failingSince: z.nullable(time),
  disabledAt: z.nullable(time),
  disabledBecause: z.nullable(z.enum(disabledReasons)),
};
export const webhook = named<Webhook>("Webhook")(z.strictObject(webhookFields));
export const newWebhook = schemaFor<NewWebhook>()(z.strictObject({ ...webhookFields, secret: z.string() }));

export const delivery = named<Delivery>("Delivery")(
  z.strictObject({
    id: uuid,
    userId,
    conversationId: uuid,
    seq,
    state: z.enum(deliveryStates),
    reason: z.nullable(z.string()),
    status: z.nullable(z.int()),
    attempts: count,
    dueAt: time,
    createdAt: time,
    doneAt: z.nullable(time),
  }),
);

export const replayed = z.strictObject({ replayed: count });

export const webhookEvent = named<WebhookEvent>("WebhookEvent")(
  z.strictObject({
    id: uuid,
    type: z.literal("notification"),
    timestamp: time,
    data: z.strictObject({ userId, notification }),
  }),
);
