import { CodedError } from "@parloir/contracts/errors.ts";
import {
  type ChangeWebhookBody,
  type Delivery,
  type DeliveryState,
  formerSecretHours,
  maxWebhooks,
  type Webhook,
} from "@parloir/contracts/webhooks.ts";
import { bySystem, type Origin, record } from "./audit.ts";
import type { Database } from "./database.ts";

/** Where the host's back end wants to be told. Sending is in deliveries.ts. */

type Query = Database["query"];

const columns = `id, name, url, created_by AS "createdBy", created_at AS "createdAt",
  failing_since AS "failingSince", disabled_at AS "disabledAt", disabled_because AS "disabledBecause"`;

/** @throws CodedError CONFLICT when there are as many as there may be */
export async function createWebhook(
  database: Database,
  webhook: { name: string; url: string; secret: string },
  origin: Origin,
): Promise<Webhook> {
  const { kind, id: actorId } = origin.actor;
  return database.transaction(async (query) => {
    const rows = await query<Webhook>({
      name: "create-webhook",
      text: `INSERT INTO webhooks (name, url, secret, created_by)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM webhooks) < ${maxWebhooks} RETURNING ${columns}`,
      values: [webhook.name, webhook.url, webhook.secret, `${kind}:${actorId}`],
    });
    const [created] = rows;
    if (!created) throw new CodedError("CONFLICT", `there are ${maxWebhooks} webhooks already`);
    const details = { name: created.name, url: created.url };
    await record(query, origin, { action: "webhook.created", target: created.id, details });
    return created;
  });
}

/** Newest first: ids are in the order of creation. */
export async function listWebhooks(
  database: Database,
  page: { before: string | null; limit: number },
): Promise<Webhook[]> {
  return database.query<Webhook>({
    name: "list-webhooks",
    text: `SELECT ${columns} FROM webhooks WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
    values: [page.before, page.limit],
  });
}

/** @throws CodedError NOT_FOUND */
export async function findWebhook(database: Database, id: string): Promise<Webhook> {
  const rows = await database.query<Webhook>({
    name: "find-webhook",
    text: `SELECT ${columns} FROM webhooks WHERE id = $1`,
    values: [id],
  });
  return existing(rows);
}

function existing(rows: Webhook[]): Webhook {
  if (!rows[0]) throw new CodedError("NOT_FOUND", "no such webhook");
  return rows[0];
}

/** Enabling begins afresh: what failed before is forgotten. @throws CodedError NOT_FOUND */
export async function changeWebhook(
  database: Database,
  id: string,
  change: ChangeWebhookBody,
  origin: Origin,
): Promise<Webhook> {
  return database.transaction(async (query) => {
    const rows = await query<Webhook>({
      name: "change-webhook",
      text: `UPDATE webhooks SET name = COALESCE($2, name), url = COALESCE($3, url),
          failing_since = CASE WHEN $4 OR $3 IS NOT NULL THEN NULL ELSE failing_since END,
          disabled_at = CASE WHEN $4 THEN NULL WHEN NOT $4 THEN COALESCE(disabled_at, now()) ELSE disabled_at END,
          disabled_because = CASE WHEN $4 THEN NULL WHEN NOT $4 THEN COALESCE(disabled_because, 'asked')
            ELSE disabled_because END
        WHERE id = $1 RETURNING ${columns}`,
      values: [id, change.name ?? null, change.url ?? null, change.enabled ?? null],
    });
    const changed = existing(rows);
    if (change.enabled === false) await giveUpWaiting(query, id);
    await record(query, origin, { action: "webhook.changed", target: id, details: { ...change } });
    return changed;
  });
}

/** @throws CodedError NOT_FOUND */
export async function rotateWebhook(
  database: Database,
  id: string,
  secret: string,
  origin: Origin,
): Promise<Webhook> {
  return database.transaction(async (query) => {
    const rows = await query<Webhook>({
      name: "rotate-webhook",
      text: `UPDATE webhooks SET former_secret = secret, secret = $2,
          former_until = now() + interval '${formerSecretHours} hours' WHERE id = $1 RETURNING ${columns}`,
      values: [id, secret],
    });
    const rotated = existing(rows);
    await record(query, origin, { action: "webhook.rotated", target: id });
    return rotated;
  });
}

/** What waits for it goes with it. @throws CodedError NOT_FOUND */
export async function deleteWebhook(database: Database, id: string, origin: Origin): Promise<void> {
  await database.transaction(async (query) => {
    const rows = await query<Webhook>({
      name: "delete-webhook",
      text: `DELETE FROM webhooks WHERE id = $1 RETURNING ${columns}`,
      values: [id],
    });
    const { name, url } = existing(rows);
    await query({
      name: "drop-deliveries-of-webhook",
      text: `UPDATE deliveries SET state = 'dropped', reason = 'webhook_gone', stage = 'idle', done_at = now()
        WHERE channel = 'webhook' AND target = $1 AND state = 'waiting'`,
      values: [id],
    });
    await record(query, origin, { action: "webhook.deleted", target: id, details: { name, url } });
  });
}

/** Dead letters: whoever mends the receiver can have them sent again. */
async function giveUpWaiting(query: Query, id: string): Promise<void> {
  await query({
    name: "give-up-deliveries",
    text: `UPDATE deliveries SET state = 'dead', reason = COALESCE(reason, 'webhook_disabled'), stage = 'idle',
        done_at = now() WHERE channel = 'webhook' AND target = $1 AND state = 'waiting'`,
    values: [id],
  });
}

export interface SigningWebhook {
  url: string;
  /** The present one, and for a while the one before. */
  secrets: string[];
  /** It has not been well since it was last tried. */
  isFailing: boolean;
}

/** Null when it is gone or disabled. */
export async function findSigningWebhook(database: Database, id: string): Promise<SigningWebhook | null> {
  const rows = await database.query<SigningWebhook>({
    name: "find-signing-webhook",
    text: `SELECT url, array_remove(ARRAY[secret, CASE WHEN former_until > now() THEN former_secret END], NULL)
        AS secrets, failing_since IS NOT NULL AS "isFailing" FROM webhooks WHERE id = $1 AND disabled_at IS NULL`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** It answered as it should. */
export async function noteWebhookSuccess(database: Database, id: string): Promise<void> {
  await database.query({
    name: "note-webhook-success",
    text: "UPDATE webhooks SET failing_since = NULL WHERE id = $1",
    values: [id],
  });
}

/**
 * An attempt failed; one that has failed for too long, or says that it is gone, is disabled.
 * @returns true when that happened by this
 */
export async function noteWebhookFailure(
  database: Database,
  id: string,
  judge: { isGone: boolean; longestHours: number },
): Promise<boolean> {
  return database.transaction(async (query) => {
    const rows = await query<{ isDisabled: boolean; because: string | null }>({
      name: "note-webhook-failure",
      text: `UPDATE webhooks SET failing_since = COALESCE(failing_since, now()),
          disabled_at = CASE WHEN $2 OR failing_since < now() - make_interval(hours => $3) THEN now() END,
          disabled_because = CASE WHEN $2 THEN 'gone'
            WHEN failing_since < now() - make_interval(hours => $3) THEN 'failing' END
        WHERE id = $1 AND disabled_at IS NULL
        RETURNING disabled_at IS NOT NULL AS "isDisabled", disabled_because AS because`,
      values: [id, judge.isGone, judge.longestHours],
    });
    if (!rows[0]?.isDisabled) return false;
    await giveUpWaiting(query, id);
    const details = { because: rows[0].because };
    await record(query, bySystem, { action: "webhook.disabled", target: id, details });
    return true;
  });
}

/** Newest first. */
export async function listDeliveries(
  database: Database,
  webhookId: string,
  page: { state: DeliveryState | null; before: string | null; limit: number },
): Promise<Delivery[]> {
  // A statement of its own for dead letters, which are few among many: they have an index.
  const wanted =
    page.state === "dead" ? "state = 'dead' AND $2::text IS NOT NULL" : "($2::text IS NULL OR state = $2)";
  return database.query<Delivery>({
    name: page.state === "dead" ? "list-dead-deliveries" : "list-deliveries",
    text: `SELECT id, user_id AS "userId", conversation_id AS "conversationId", seq, state, reason, status, attempts,
        due_at AS "dueAt", created_at AS "createdAt", done_at AS "doneAt"
      FROM deliveries WHERE target = $1 AND channel = 'webhook' AND ${wanted} AND ($3::uuid IS NULL OR id < $3)
      ORDER BY id DESC LIMIT $4`,
    values: [webhookId, page.state, page.before, page.limit],
  });
}

/**
 * Dead letters wait once more, with all their attempts and under the same ids.
 * @param ids null: all of them; what is not dead, or not of this webhook, is not there
 * @returns how many. @throws CodedError NOT_FOUND, or CONFLICT while it is disabled
 */
export async function replayDeliveries(
  database: Database,
  webhookId: string,
  ids: string[] | null,
  origin: Origin,
): Promise<number> {
  return database.transaction(async (query) => {
    const rows = await query<Webhook>({
      name: "lock-webhook",
      text: `SELECT ${columns} FROM webhooks WHERE id = $1 FOR SHARE`,
      values: [webhookId],
    });
    if (existing(rows).disabledAt !== null) throw new CodedError("CONFLICT", "the webhook is disabled");
    const replayed = await query({
      name: "replay-deliveries",
      text: `UPDATE deliveries SET state = 'waiting', stage = 'idle', attempts = 0, due_at = now(), done_at = NULL
        WHERE target = $1 AND channel = 'webhook' AND state = 'dead' AND ($2::uuid[] IS NULL OR id = ANY ($2))
        RETURNING 1`,
      values: [webhookId, ids],
    });
    const details = { count: replayed.length };
    await record(query, origin, { action: "webhook.replayed", target: webhookId, details });
    return replayed.length;
  });
}
