import { queues } from "@parloir/contracts/jobs.ts";
import type { WebhookEvent } from "@parloir/contracts/webhooks.ts";
import { signWebhook } from "@parloir/platform/webhook-signature.ts";
import type { Database } from "@parloir/store/database.ts";
import { type BegunNotification, dropDelivery, markFailed, markSent } from "@parloir/store/deliveries.ts";
import {
  findSigningWebhook,
  noteWebhookFailure,
  noteWebhookSuccess,
  type SigningWebhook,
} from "@parloir/store/webhooks.ts";
import { backoffMs } from "./backoff.ts";
import { NoAnswer, type Outbound } from "./outbound.ts";

/** Asked to wait, we do, but not for ever. */
const longestWaitMs = 3_600_000;
const gone = 410;

interface Outcome {
  status: number | null;
  /** Null: it was taken. */
  reason: string | null;
  waitMs: number;
}

/** Posts a begun delivery to its webhook, and writes into the ledger what became of it. */
export function createWebhookSender(options: {
  database: Database;
  outbound: Outbound;
  backoffMs: number | null;
  disableAfterHours: number | null;
  onDisabled: (webhookId: string) => void;
}): (delivery: BegunNotification) => Promise<string> {
  const { database, outbound } = options;
  const { attempts } = queues.webhooks;
  const firstMs = options.backoffMs ?? queues.webhooks.backoffMs;

  return async (delivery) => {
    const webhookId = delivery.target;
    const webhook = await findSigningWebhook(database, webhookId);
    if (!webhook) {
      await dropDelivery(database, delivery, "webhook_gone");
      return "dropped";
    }
    const { status, reason, waitMs } = await post(outbound, webhook, delivery);
    if (reason === null) {
      await markSent(database, delivery.id, status);
      if (webhook.isFailing) await noteWebhookSuccess(database, webhookId);
      return "sent";
    }
    const isLast = delivery.attempts >= attempts;
    const againInMs = isLast ? null : Math.max(waitMs, backoffMs(firstMs, delivery.attempts));
    await markFailed(database, delivery, { reason, status, againInMs });
    const longestHours = options.disableAfterHours ?? maxHours;
    const judge = { isGone: status === gone, longestHours };
    if (await noteWebhookFailure(database, webhookId, judge)) options.onDisabled(webhookId);
    return isLast ? "dead" : "failed";
  };
}

/** «Never», in what an interval of Postgres can hold. */
const maxHours = 1_000_000;

async function post(
  outbound: Outbound,
  webhook: SigningWebhook,
  delivery: BegunNotification,
): Promise<Outcome> {
  const { id, createdAt, userId, notification } = delivery;
  const event: WebhookEvent = {
    id,
    type: "notification",
    timestamp: createdAt,
    data: { userId, notification },
  };
  const body = JSON.stringify(event);
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = {
    "content-type": "application/json",
    "user-agent": "Parloir",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signWebhook(webhook.secrets, { id, timestamp, body }),
  };
  try {
    const { status, retryAfterMs } = await outbound.post(webhook.url, { headers, body });
    const isTaken = status >= 200 && status < 300;
    const isRedirect = status >= 300 && status < 400;
    return {
      status,
      reason: isTaken ? null : isRedirect ? "redirect" : "refused",
      waitMs: Math.min(retryAfterMs ?? 0, longestWaitMs),
    };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { status: null, reason: error.reason, waitMs: 0 };
  }
}
