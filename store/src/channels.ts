import { type ChannelEvent, type ChannelPage, channelHistory } from "@parloir/contracts/channels.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { type AuditNote, type Origin, record } from "./audit.ts";
import { type Database, isForeignKeyViolation, isUniqueViolation, type Query } from "./database.ts";

/**
 * Channels: numbered events and who may subscribe. Everything that changes a channel takes its row: cursors are given
 * in commit order, and an event that is published after a removal carries the removal's roster.
 */

export interface NewChannelEvent {
  channel: string;
  event: string;
  /** JSON text of an object. */
  payload: string;
  eventId: string | null;
}

export interface PublishedEvent {
  cursor: number;
  roster: number;
  duplicate: boolean;
}

/**
 * - `head` numbers under the channel's row lock: commit order is cursor order, and a rollback leaves no gap.
 * - A repeat takes no number. One that races with its first is not seen by `repeat` and meets the unique index, which
 *   takes the whole statement back; the caller runs it again.
 * - The history is cut here, one row for each that comes, so it never needs a large delete.
 */
const publishText = `
WITH repeat AS MATERIALIZED (
  SELECT cursor, event = $2 AND payload::jsonb = $3::text::jsonb AS same
  FROM channel_events WHERE channel = $1 AND event_id = $4
), head AS (
  INSERT INTO channels AS c (name, last_cursor) SELECT $1, 1 WHERE NOT EXISTS (SELECT FROM repeat)
  ON CONFLICT (name) DO UPDATE SET last_cursor = c.last_cursor + 1
  RETURNING last_cursor, roster
), inserted AS (
  INSERT INTO channel_events (channel, cursor, event, payload, event_id)
  SELECT $1, last_cursor, $2, $3::text::json, $4 FROM head
), trimmed AS (
  DELETE FROM channel_events
  WHERE channel = $1 AND cursor <= (SELECT last_cursor FROM head) - ${channelHistory.events}
)
SELECT last_cursor AS cursor, roster, false AS duplicate, true AS same FROM head
UNION ALL SELECT cursor, 0, true, same FROM repeat`;

/** @throws CodedError CONFLICT when this eventId was another event */
export function publishEvent(database: Database, event: NewChannelEvent): Promise<PublishedEvent> {
  return againAfterRace(() => publishWithin(database.query, event));
}

/** A repeat that raced with its first finds it the second time. */
export function againAfterRace<T>(publish: () => Promise<T>): Promise<T> {
  return publish().catch((error: unknown) => {
    if (isUniqueViolation(error)) return publish();
    throw error;
  });
}

/** As part of something that is to be done again as a whole after a race. @throws CodedError CONFLICT, as above */
export async function publishWithin(
  query: Database["query"],
  event: NewChannelEvent,
): Promise<PublishedEvent> {
  const values = [event.channel, event.event, event.payload, event.eventId];
  const [row] = await query<PublishedEvent & { same: boolean }>({
    name: "publish-channel-event",
    text: publishText,
    values,
  });
  const { same, ...published } = row!;
  if (!same) throw new CodedError("CONFLICT", "this eventId was published with another event or payload");
  return published;
}

/** True when they could not subscribe before. @throws CodedError NOT_FOUND: no such person */
export async function addChannelMember(
  database: Database,
  channel: string,
  userId: string,
  origin: Origin,
): Promise<boolean> {
  const insert = {
    name: "add-channel-member",
    text: `INSERT INTO channel_members (channel, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
      RETURNING user_id`,
    values: [channel, userId],
  };
  const note: AuditNote = { action: "channel.granted", target: channel, details: { userId } };
  return changeMembers(database, insert, note, origin).catch((error: unknown) => {
    if (isForeignKeyViolation(error)) throw new CodedError("NOT_FOUND", "no such person");
    throw error;
  });
}

/** True when they were one. In one statement with the roster: who reads the new number sees the removal. */
export function removeChannelMember(
  database: Database,
  channel: string,
  userId: string,
  origin: Origin,
): Promise<boolean> {
  const remove = {
    name: "remove-channel-member",
    text: `WITH gone AS (DELETE FROM channel_members WHERE channel = $1 AND user_id = $2 RETURNING channel)
      INSERT INTO channels AS c (name, roster) SELECT channel, 1 FROM gone
      ON CONFLICT (name) DO UPDATE SET roster = c.roster + 1 RETURNING roster`,
    values: [channel, userId],
  };
  const note: AuditNote = { action: "channel.withdrawn", target: channel, details: { userId } };
  return changeMembers(database, remove, note, origin);
}

function changeMembers(database: Database, change: Query, note: AuditNote, origin: Origin): Promise<boolean> {
  return database.transaction(async (query) => {
    const isChanged = (await query(change)).length > 0;
    if (isChanged) await record(query, origin, note);
    return isChanged;
  });
}

export interface ChannelHead {
  cursor: number;
  roster: number;
}

/** In the order of the names; a channel without a row stands at 0. */
export async function readChannelHeads(database: Database, names: string[]): Promise<ChannelHead[]> {
  const rows = await database.query<ChannelHead & { name: string }>({
    name: "read-channel-heads",
    text: `SELECT name, last_cursor AS cursor, roster FROM channels WHERE name = ANY ($1::text[])`,
    values: [names],
  });
  const found = new Map(rows.map(({ name, ...head }) => [name, head]));
  return names.map((name) => found.get(name) ?? { cursor: 0, roster: 0 });
}

/** Which of these people may subscribe: it is their own channel, their role's, or they were provisioned. */
export async function findSubscribers(
  database: Database,
  requests: { channel: string; userIds: string[] }[],
): Promise<(ChannelHead & { userIds: string[] })[]> {
  const rows = await database.query<ChannelHead & { userIds: string[] }>({
    name: "find-subscribers",
    text: `SELECT COALESCE(c.last_cursor, 0) AS cursor, COALESCE(c.roster, 0) AS roster, s.ids AS "userIds"
      FROM json_to_recordset($1::json) AS i(ord int, n text, u text[])
      LEFT JOIN channels c ON c.name = i.n
      CROSS JOIN LATERAL (
        SELECT COALESCE(json_agg(p.id), '[]'::json) AS ids FROM users p
        WHERE p.id = ANY (i.u) AND (i.n = 'user:' || p.id OR i.n = 'role:' || p.role
          OR EXISTS (SELECT FROM channel_members m WHERE m.channel = i.n AND m.user_id = p.id))) s
      ORDER BY i.ord`,
    values: [JSON.stringify(requests.map(({ channel, userIds }, ord) => ({ ord, n: channel, u: userIds })))],
  });
  return rows;
}

export interface ChannelPageRequest {
  channel: string;
  /** Undefined: only the head. */
  after?: number | undefined;
  limit: number;
}

/** Characters of payload in one page: a client on a slow line takes it before it counts as a slow reader. */
const mostCharacters = 400_000;

const pageText = `
SELECT COALESCE(c.last_cursor, 0) AS cursor, COALESCE(c.roster, 0) AS roster, x.events
FROM json_to_recordset($1::json) AS i(ord int, n text, a bigint, k int)
LEFT JOIN channels c ON c.name = i.n
CROSS JOIN LATERAL (
  SELECT COALESCE(json_agg(json_build_object(
    'channel', i.n, 'event', w.event, 'payload', w.payload, 'cursor', w.cursor) ORDER BY w.cursor), '[]'::json) AS events
  FROM (
    SELECT e.*, sum(length(e.payload::text)) OVER (ORDER BY e.cursor) AS so_far
    FROM (
      SELECT event, payload, cursor FROM channel_events
      WHERE channel = i.n AND cursor > i.a AND created_at > now() - interval '${channelHistory.days} days'
      ORDER BY cursor LIMIT i.k) e) w
  WHERE w.so_far <= ${mostCharacters} OR w.cursor = i.a + 1) x
ORDER BY i.ord`;

/** Pages of many channels in one statement, so head and events are of one snapshot. In the order of the requests. */
export async function readChannelPages(
  database: Database,
  requests: ChannelPageRequest[],
): Promise<(ChannelPage & { roster: number })[]> {
  const input = requests.map(({ channel, after, limit }, ord) => ({
    ord,
    n: channel,
    a: after ?? null,
    k: limit,
  }));
  const rows = await database.query<ChannelHead & { events: ChannelEvent[] }>({
    name: "read-channel-pages",
    text: pageText,
    values: [JSON.stringify(input)],
  });
  return rows.map(({ cursor, roster, events }, index) => {
    const { after } = requests[index]!;
    if (after === undefined) return { cursor, roster, events: [], complete: true };
    // What was kept does not reach back to `after`, or `after` is another history's.
    const isWhole = events.every((event, position) => event.cursor === after + 1 + position);
    const reached = after + events.length;
    if (!isWhole || reached > cursor) return { cursor, roster, events: [], complete: false };
    return { cursor, roster, events, complete: reached === cursor };
  });
}

/** Deletes up to `limit` events that are too old; answers with how many. */
export async function forgetOldEvents(database: Database, limit: number): Promise<number> {
  const rows = await database.query({
    name: "forget-channel-events",
    text: `DELETE FROM channel_events WHERE (channel, cursor) IN (
        SELECT channel, cursor FROM channel_events
        WHERE created_at < now() - interval '${channelHistory.days} days' ORDER BY created_at LIMIT $1)
      RETURNING cursor`,
    values: [limit],
  });
  return rows.length;
}
