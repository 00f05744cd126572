import type pg from "pg";
import {
  type ArchiveSize,
  agents,
  customerCount,
  customerId,
  nameOf,
  type PlannedConversation,
  type PlannedMessage,
  planConversations,
  planMessages,
} from "./plan.ts";

/** Rows of one INSERT, which takes columns as arrays: the fastest way that needs no COPY. */
const atOnce = 10_000;

/** Writes the archive into a migrated database that holds none yet. */
export async function writeArchive(
  client: pg.Client,
  size: ArchiveSize,
  say: (progress: string) => void,
): Promise<void> {
  const conversations = planConversations(size);
  await writePeople(client, size);
  say(`${customerCount(size)} people`);
  // Built once at the end instead of row by row: a third of the time.
  const index = await dropIndex(client, "message_search_document");
  let written = 0;
  // Conversations come after their messages, when they know their last ones; nothing refers to them before.
  for (const batch of batches(planMessages(size, conversations))) {
    await writeMessages(client, batch);
    written += batch.length;
    if (written % 100_000 === 0) say(`${written} messages`);
  }
  for (const batch of batches(conversations)) await writeConversations(client, batch);
  say(`${conversations.length} conversations`);
  await client.query("SET maintenance_work_mem = '256MB'");
  await client.query(index);
  for (const table of ["users", "conversations", "members", "messages", "message_search"])
    await client.query(`VACUUM (ANALYZE) ${table}`);
}

function* batches<T>(items: Iterable<T>): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === atOnce) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** @returns what makes it again */
async function dropIndex(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ definition: string }>(
    "SELECT pg_get_indexdef($1::regclass) AS definition",
    [name],
  );
  await client.query(`DROP INDEX ${name}`);
  return rows[0]!.definition;
}

async function writePeople(client: pg.Client, size: ArchiveSize): Promise<void> {
  const customers = Array.from({ length: customerCount(size) }, (_, index) => ({
    id: customerId(index),
    name: nameOf(index),
    role: "client",
  }));
  const team = agents.map((id, index) => ({ id, name: `Agent ${nameOf(index)}`, role: "agent" }));
  for (const batch of batches([...team, ...customers])) {
    await client.query(
      "INSERT INTO users (id, name, role) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
      [batch.map((each) => each.id), batch.map((each) => each.name), batch.map((each) => each.role)],
    );
  }
}

async function writeMessages(client: pg.Client, batch: PlannedMessage[]): Promise<void> {
  await client.query(
    `WITH written AS (
       INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
       SELECT c, s, i, p, i::text, 0, t, s, a
       FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) AS m(c, s, i, p, t, a)
       RETURNING *)
     INSERT INTO message_search (conversation_id, seq, sender_id, created_at, document)
     SELECT conversation_id, seq, sender_id, created_at,
       search_document(content) || search_facets(sender_id, created_at) FROM written`,
    [
      batch.map((message) => message.conversation.id),
      batch.map((message) => message.seq),
      batch.map((message) => message.id),
      batch.map((message) => message.sender),
      batch.map((message) => message.content),
      batch.map((message) => new Date(message.at)),
    ],
  );
}

async function writeConversations(client: pg.Client, batch: PlannedConversation[]): Promise<void> {
  const rows = batch.map((each) => ({
    ...each,
    createdAt: new Date(each.createdAt),
    updatedAt: new Date(each.updatedAt),
  }));
  await client.query(
    `WITH given AS MATERIALIZED (
       SELECT * FROM json_to_recordset($1::json) AS g(id uuid, kind text, low text, high text, title text, status text,
         assignee text, "lastSeq" bigint, "createdAt" timestamptz, "updatedAt" timestamptz)
     ), written AS (
       INSERT INTO conversations (id, kind, pair_low, pair_high, subject_type, subject_id, subject_title, status,
         assignee_id, created_by, last_seq, last_change, created_at, updated_at)
       SELECT id, kind, low, high, 'order', title, title, status, assignee, low, "lastSeq", "lastSeq", "createdAt",
         "updatedAt" FROM given
     )
     INSERT INTO members (conversation_id, user_id, last_read_seq)
     SELECT id, person, GREATEST("lastSeq" - 1, 0) FROM given, unnest(ARRAY[low, high, assignee]) AS person
     WHERE person IS NOT NULL`,
    [JSON.stringify(rows)],
  );
}
