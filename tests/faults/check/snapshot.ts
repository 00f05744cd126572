import pg from "pg";
import type { Shown } from "../history.ts";
import { reactionsText } from "../load/timeline.ts";
import { groupBy } from "./evidence.ts";

/** What the database holds when everything is quiet, read directly and in one transaction. */
export interface Snapshot {
  epoch: string;
  conversations: Map<string, { lastSeq: number; lastChange: number }>;
  /** Ascending by seq. */
  messages: Map<string, Row[]>;
  /** Key: `<conversation> <user>`. */
  marks: Map<string, number>;
  notifications: { userId: string; conversationId: string; seq: number; isRead: boolean }[];
  /** The ledger of what reaches people beyond their pages. */
  deliveries: Delivery[];
  /** Rows that still wait, in words. */
  outbox: string[];
}

export interface Delivery {
  id: string;
  userId: string;
  conversationId: string;
  seq: number;
  state: string;
  reason: string | null;
}

export interface Row extends Shown {
  change: number;
  /** Of a line that nobody wrote: what it tells, and of whom. */
  line: { event: string; personId: string } | null;
}

/** Gateways' canaries fly during a run, as they do everywhere; what they write is nobody's. */
const peoples = "subject_type IS DISTINCT FROM 'canary'";
const byPeople = `conversation_id IN (SELECT id FROM conversations WHERE ${peoples})`;

/** The newest seq of each conversation. */
export async function readHeads(databaseUrl: string): Promise<[conversationId: string, seq: number][]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; seq: string }>(
      `SELECT id, last_seq AS seq FROM conversations WHERE ${peoples}`,
    );
    return rows.map(({ id, seq }) => [id, Number(seq)]);
  } finally {
    await client.end();
  }
}

export async function readSnapshot(databaseUrl: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: databaseUrl, options: "-c TimeZone=UTC" });
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const all = async <R extends pg.QueryResultRow>(sql: string) => (await client.query<R>(sql)).rows;
    const conversations = await all<{ id: string; seq: string; change: string }>(
      `SELECT id, last_seq AS seq, last_change AS change FROM conversations WHERE ${peoples}`,
    );
    const messages = await all<Record<string, string>>(
      `SELECT m.conversation_id, m.seq, id, sender_id, client_message_id, content, change, ${time("created_at")},
        ${time("edited_at")}, ${time("deleted_at")}, l.event, l.person_id
      FROM messages m LEFT JOIN system_lines l ON m.kind = 'system' AND l.conversation_id = m.conversation_id
        AND l.seq = m.seq
      WHERE m.${byPeople}
      ORDER BY m.conversation_id, m.seq`,
    );
    const reactions = await all<Reaction>(
      "SELECT conversation_id || ' ' || seq AS key, emoji, user_id FROM reactions ORDER BY change",
    );
    const marks = await all<{ key: string; seq: string }>(
      `SELECT conversation_id || ' ' || user_id AS key, last_read_seq AS seq FROM members WHERE ${byPeople}`,
    );
    const notifications = await all<{ user_id: string; conversation_id: string; seq: string; read: boolean }>(
      `SELECT user_id, conversation_id, seq, read_at IS NOT NULL AS read FROM notifications WHERE ${byPeople}`,
    );
    const deliveries = await all<Omit<Delivery, "seq"> & { seq: string }>(
      `SELECT id, user_id AS "userId", conversation_id AS "conversationId", seq, state, reason FROM deliveries`,
    );
    const outbox = await all<{ line: string }>(
      `SELECT format('todo %s, taken %s times, written %s, last taken %s', todo, tries, created_at, taken_at) AS line
      FROM outbox
      WHERE NOT EXISTS (
        SELECT FROM jsonb_array_elements(messages) m WHERE m ->> 'senderId' LIKE 'parloir-canary:%')
      ORDER BY id`,
    );
    const [state] = await all<{ epoch: string }>("SELECT epoch FROM cluster_state");
    return {
      epoch: state!.epoch,
      conversations: new Map(
        conversations.map(({ id, seq, change }) => [
          id,
          { lastSeq: Number(seq), lastChange: Number(change) },
        ]),
      ),
      messages: byConversation(messages, reactions),
      marks: new Map(marks.map(({ key, seq }) => [key, Number(seq)])),
      notifications: notifications.map((each) => {
        const { user_id: userId, conversation_id: conversationId, read: isRead } = each;
        return { userId, conversationId, seq: Number(each.seq), isRead };
      }),
      deliveries: deliveries.map((each) => ({ ...each, seq: Number(each.seq) })),
      outbox: outbox.map(({ line }) => line),
    };
  } finally {
    await client.end();
  }
}

const time = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

interface Reaction {
  key: string;
  emoji: string;
  user_id: string;
}

function byConversation(rows: Record<string, string>[], reactions: Reaction[]): Map<string, Row[]> {
  const messages = new Map<string, Row[]>();
  const reactionsOf = groupBy(reactions, ({ key }) => key);
  for (const row of rows) {
    const list = messages.get(row.conversation_id!) ?? [];
    messages.set(row.conversation_id!, list);
    list.push({
      seq: Number(row.seq),
      id: row.id!,
      senderId: row.sender_id!,
      clientMessageId: row.client_message_id!,
      content: row.content!,
      createdAt: row.created_at!,
      editedAt: row.edited_at ?? null,
      deletedAt: row.deleted_at ?? null,
      reactions: textOf(reactionsOf.get(`${row.conversation_id} ${row.seq}`) ?? []),
      change: Number(row.change),
      line: row.event ? { event: row.event, personId: row.person_id ?? "" } : null,
    });
  }
  return messages;
}

function textOf(reactions: Reaction[]): string {
  const byEmoji = groupBy(reactions, ({ emoji }) => emoji);
  return reactionsText(
    [...byEmoji].map(([emoji, same]) => ({ emoji, userIds: same.map(({ user_id }) => user_id) })),
  );
}
