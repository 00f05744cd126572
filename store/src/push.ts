import { CodedError } from "@parloir/contracts/errors.ts";
import { maxPushSubscriptions, type PushSubscriptionBody } from "@parloir/contracts/push.ts";
import type { VapidKeys } from "@parloir/platform/vapid.ts";
import type { Database } from "./database.ts";

/** Browsers that people are told in, and the key that all of them know the cluster by. */

/** Whoever asks first makes them; of two at once one does. */
export async function vapidKeys(database: Database, make: () => VapidKeys): Promise<VapidKeys> {
  const find = () =>
    database.query<VapidKeys>({
      name: "find-vapid-keys",
      text: `SELECT public_key AS "publicKey", private_key AS "privateKey" FROM vapid_keys`,
      values: [],
    });
  const [known] = await find();
  if (known) return known;
  const { publicKey, privateKey } = make();
  await database.query({
    name: "put-vapid-keys",
    text: "INSERT INTO vapid_keys (public_key, private_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    values: [publicKey, privateKey],
  });
  return (await find())[0]!;
}

/**
 * A browser is told of what concerns whoever signed in there last. Beyond so many of one person the oldest go.
 * @returns `created` false when the person had it already
 */
export async function putPushSubscription(
  database: Database,
  userId: string,
  { endpoint, expirationTime = null, keys }: PushSubscriptionBody,
): Promise<{ id: string; created: boolean }> {
  return database.transaction(async (query) => {
    const former = await query<{ id: string; userId: string }>({
      name: "lock-push-subscription",
      text: `SELECT id, user_id AS "userId" FROM push_subscriptions WHERE endpoint = $1 FOR UPDATE`,
      values: [endpoint],
    });
    // Another person's goes, with what waits for it: its id is theirs.
    const isOwn = former[0]?.userId === userId;
    if (former[0] && !isOwn)
      await query({
        name: "take-push-subscription",
        text: "DELETE FROM push_subscriptions WHERE id = $1",
        values: [former[0].id],
      });
    const rows = await query<{ id: string }>({
      name: "put-push-subscription",
      text: `INSERT INTO push_subscriptions (user_id, endpoint, p256dh, auth, expires_at)
        VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
        ON CONFLICT (endpoint) DO UPDATE SET p256dh = $3, auth = $4, expires_at = EXCLUDED.expires_at
        WHERE push_subscriptions.user_id = $1 RETURNING id`,
      values: [userId, endpoint, keys.p256dh, keys.auth, expirationTime],
    });
    // Between the look and the insert somebody else was quicker.
    if (!rows[0]) throw new CodedError("CONFLICT", "the browser has just subscribed for another person");
    await query({
      name: "trim-push-subscriptions",
      text: `DELETE FROM push_subscriptions WHERE id IN (
        SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY id DESC OFFSET ${maxPushSubscriptions})`,
      values: [userId],
    });
    return { id: rows[0].id, created: !isOwn };
  });
}

/** @throws CodedError NOT_FOUND, also for another person's */
export async function deletePushSubscription(database: Database, userId: string, id: string): Promise<void> {
  const rows = await database.query({
    name: "delete-push-subscription",
    text: "DELETE FROM push_subscriptions WHERE id = $1 AND user_id = $2 RETURNING 1",
    values: [id, userId],
  });
  if (!rows[0]) throw new CodedError("NOT_FOUND", "no such subscription");
}

export interface PushTarget {
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** Null when it is gone, or has expired by its own word. */
export async function findPushTarget(
  database: Database,
  userId: string,
  id: string,
): Promise<PushTarget | null> {
  const rows = await database.query<PushTarget>({
    name: "find-push-target",
    text: `SELECT endpoint, p256dh, auth FROM push_subscriptions
      WHERE id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > now())`,
    values: [id, userId],
  });
  return rows[0] ?? null;
}

/** Its push service says that it is no more. */
export async function dropPushTarget(database: Database, id: string): Promise<void> {
  await database.query({
    name: "drop-push-target",
    text: "DELETE FROM push_subscriptions WHERE id = $1",
    values: [id],
  });
}
