import type { Database } from "./database.ts";
import { createWordCache } from "./word-cache.ts";

/** Writing the search index, which happens after the commit: docs/decisions/0017. */

interface MessageKey {
  conversationId: string;
  seq: number;
}

interface Text extends MessageKey {
  content: string;
  senderId: string;
  /** ISO. */
  createdAt: string;
}

/** A statement stays far below its limit of 4 s, and a commit waits for none of them. */
const indexedAtOnce = 1_000;
/** About 10 MB in the worker. Of 20 words in a message one or two are not among them. */
const rememberedWords = 50_000;

/**
 * Makes committed messages findable. Again is the same; a message that was edited or deleted meanwhile has its row
 * already, by the trigger on messages, and it is left as it is.
 *
 * A document is made of its words' documents, which are remembered: Postgres parses and stems a word once, not with
 * every message that holds it. Measured, µs of Postgres per message of 120 characters: 28 against 75 to 95 with
 * `search_document` of the whole text.
 */
export function createIndexer(database: Database): (messages: MessageKey[]) => Promise<void> {
  const documents = createWordCache(rememberedWords, (words) => readWordDocuments(database, words));

  async function index(messages: MessageKey[]): Promise<void> {
    const texts = await database.query<Text>({
      name: "read-texts",
      text: `SELECT m.conversation_id AS "conversationId", m.seq, m.content, m.sender_id AS "senderId",
        m.created_at AS "createdAt" ${messagesOf}`,
      values: [JSON.stringify(messages)],
    });
    const words = texts.map(({ content }) => wordsOf(content));
    const known = await documents(words.flat().filter((word) => !isNumber(word)));
    const documentOf = (word: string) => (isNumber(word) ? `'${word}'` : known(word));
    const rows = texts.map((text, n) => ({
      conversationId: text.conversationId,
      seq: text.seq,
      document: [...words[n]!.map(documentOf), facetsOf(text)].join(" "),
    }));
    // The message must still be there, undeleted. In order, so that two jobs that index the same messages wait for one
    // another instead of deadlocking.
    await database.query({
      name: "index-messages",
      text: `INSERT INTO message_search (conversation_id, seq, sender_id, created_at, document)
        SELECT m.conversation_id, m.seq, m.sender_id, m.created_at, i.document ${messagesOf}
        ORDER BY m.conversation_id, m.seq ON CONFLICT DO NOTHING`,
      values: [JSON.stringify(rows)],
    });
  }

  return async (messages) => {
    for (let at = 0; at < messages.length; at += indexedAtOnce)
      await index(messages.slice(at, at + indexedAtOnce));
  };
}

const messagesOf = `FROM json_to_recordset($1::json) AS i("conversationId" uuid, seq bigint, document tsvector)
  CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = i."conversationId" AND seq = i.seq LIMIT 1) m
  WHERE m.kind = 'text' AND m.deleted_at IS NULL`;

/** As `search_facets` in Postgres: quoted, and an id holds nothing that would have to be escaped. */
function facetsOf({ senderId, createdAt }: Text): string {
  const month = Number(createdAt.slice(0, 4)) * 12 + Number(createdAt.slice(5, 7));
  return `'@${senderId}' '#${month}'`;
}

const separators = /[ \t\n\r\f\v,;!()"]+/;
/** Of what `search_plain` makes blanks. */
const blanks = /[-./:@_+~&?=%#<>]+/;
const ascii = /^[\x20-\x7e]*$/;

/**
 * The words of a text, each once: cut where Postgres' parser cuts anyway, never within what it might take for one
 * word. At what becomes a blank only in plain ASCII: with a combining mark behind it, it may become another character.
 * A test compares the documents of both ways.
 */
export function wordsOf(content: string): string[] {
  const words = new Set<string>();
  for (const word of content.split(separators))
    if (blanks.test(word) && ascii.test(word)) for (const part of word.split(blanks)) words.add(part);
    else words.add(word);
  words.delete("");
  return [...words];
}

/** Of the new words in real messages most: numbers of orders and telephones, prices, times. Postgres keeps them as they are. */
function isNumber(word: string): boolean {
  return /^[0-9]{1,40}$/.test(word);
}

async function readWordDocuments(database: Database, words: string[]): Promise<string[]> {
  const rows = await database.query<{ document: string }>({
    name: "read-word-documents",
    text: `SELECT search_document(word)::text AS document
      FROM unnest($1::text[]) WITH ORDINALITY AS w(word, n) ORDER BY n`,
    values: [words],
  });
  return rows.map(({ document }) => document);
}

/** Messages of these conversations that the index lacks and should have. */
export async function findUnindexed(
  database: Database,
  conversationIds: string[],
  limit: number,
): Promise<MessageKey[]> {
  return database.query({
    name: "find-unindexed",
    text: `SELECT m.conversation_id AS "conversationId", m.seq FROM messages m
      WHERE m.conversation_id = ANY ($1::uuid[]) AND m.kind = 'text' AND m.deleted_at IS NULL
        AND NOT EXISTS (
          SELECT FROM message_search s WHERE s.conversation_id = m.conversation_id AND s.seq = m.seq)
      ORDER BY m.conversation_id, m.seq LIMIT $2`,
    values: [conversationIds, limit],
  });
}
