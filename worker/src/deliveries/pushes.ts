import { createHash } from "node:crypto";
import { queues } from "@parloir/contracts/jobs.ts";
import type { PushMessage } from "@parloir/contracts/push.ts";
import type { VapidKeys } from "@parloir/platform/vapid.ts";
import type { Database } from "@parloir/store/database.ts";
import { type BegunNotification, dropDelivery, markFailed, markSent } from "@parloir/store/deliveries.ts";
import { dropPushTarget, findPushTarget, type PushTarget } from "@parloir/store/push.ts";
import webPush from "web-push";
import { backoffMs } from "./backoff.ts";
import { NoAnswer, type Outbound } from "./outbound.ts";

/** How long a push service keeps it for a browser that is off. */
const keptSeconds = 86_400;
const longestTopic = 32;

interface Outcome {
  status: number | null;
  /** Null: it was taken. */
  reason: string | null;
  waitMs: number;
  isFinal: boolean;
}

/**
 * Sends a begun delivery to a browser's push service, encrypted for that browser, and writes into the ledger what
 * became of it. A subscription that its service does not know any more is dropped.
 */
export function createPushSender(options: {
  database: Database;
  outbound: Outbound;
  keys: () => Promise<VapidKeys>;
  /** Whom a push service may ask: an https or mailto URL. */
  contact: string;
  backoffMs: number | null;
}): (delivery: BegunNotification) => Promise<string> {
  const { database, outbound, contact } = options;
  const { attempts } = queues.pushes;
  const firstMs = options.backoffMs ?? queues.pushes.backoffMs;

  async function push(target: PushTarget, delivery: BegunNotification): Promise<Outcome> {
    const keys = await options.keys();
    const request = requestOf(target, delivery, { subject: contact, ...keys });
    if (!request) return { status: null, reason: "bad_subscription", waitMs: 0, isFinal: true };
    try {
      const { status, retryAfterMs } = await outbound.post(target.endpoint, request);
      const isTaken = status >= 200 && status < 300;
      const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429;
      return { status, reason: isTaken ? null : "refused", waitMs: retryAfterMs ?? 0, isFinal };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return { status: null, reason: error.reason, waitMs: 0, isFinal: false };
    }
  }

  return async (delivery) => {
    const target = await findPushTarget(database, delivery.userId, delivery.target);
    const { status, reason, waitMs, isFinal } = target
      ? await push(target, delivery)
      : { status: 404, reason: "gone", waitMs: 0, isFinal: true };
    if (reason === null) {
      await markSent(database, delivery.id, status);
      return "sent";
    }
    if (status === 404 || status === 410 || reason === "bad_subscription") {
      await dropPushTarget(database, delivery.target);
      await dropDelivery(database, delivery, "subscription_gone");
      return "dropped";
    }
    const isLast = isFinal || delivery.attempts >= attempts;
    const againInMs = isLast ? null : Math.max(waitMs, backoffMs(firstMs, delivery.attempts));
    await markFailed(database, delivery, { reason, status, againInMs });
    return isLast ? "dead" : "failed";
  };
}

/** Null when nothing can be encrypted for this subscription: its key is no point of the curve. */
function requestOf(
  { endpoint, p256dh, auth }: PushTarget,
  delivery: BegunNotification,
  vapidDetails: VapidKeys & { subject: string },
): { headers: Record<string, string>; body: Buffer } | null {
  const { id, title, message, conversationId, seq, count } = messageOf(delivery);
  const payload = JSON.stringify({ id, title, message, conversationId, seq, count } satisfies PushMessage);
  try {
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
      vapidDetails,
      TTL: keptSeconds,
      urgency: "normal",
      // What waits for a browser that is off is replaced by what is newer in the same conversation.
      topic: createHash("sha256").update(conversationId).digest("base64url").slice(0, longestTopic),
    });
    return { headers: stringsOf(headers), body };
  } catch {
    return null;
  }
}

function messageOf({ id, notification }: BegunNotification): PushMessage {
  const { title, message, conversationId, seq, count } = notification;
  return { id, title, message, conversationId: conversationId!, seq: seq!, count };
}

/** The length is the sender's own business. */
function stringsOf(headers: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-length");
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
