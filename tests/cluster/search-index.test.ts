import { createDatabase } from "@parloir/store/database.ts";
import { createIndexer } from "@parloir/store/search-index.ts";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";

const clone = await cloneDatabase();
const database = createDatabase({
  url: clone.url,
  poolSize: 2,
  applicationName: "search-index",
  onError: () => undefined,
});
afterAll(async () => {
  await database.close();
  await clone.drop();
});

const conversationId = "0190a0a0-0000-7000-8000-000000000001";

// Words of all sorts, joined by whatever may stand between them or within them.
const word = fc.oneof(
  fc.constantFrom(
    "L’été",
    "running",
    "livraisons",
    "ada@example.org",
    "3.14",
    "1,5",
    "-5",
    "1e-7",
    "don't",
    "A-1",
  ),
  fc.constantFrom(
    "https://a.example/b?c=d&e",
    "C:\\dir\\x.txt",
    "/usr/bin",
    "<b>",
    "&amp;",
    "ﬁn",
    "007",
    "#12.345.678#",
    "1234567890".repeat(8),
    "a=\u0338b",
    "1<\u03382",
    "cafe\u0301",
  ),
  fc.constantFrom(
    "Привет",
    "注文",
    "🙂",
    "שלום",
    "x\u200dy",
    "½",
    "Straße",
    "œuvre",
    "it''s",
    "\\'",
    "$5",
    "50%",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 8 }),
);
const glue = fc.constantFrom(
  " ",
  " ",
  " ",
  "\n",
  "\t",
  ",",
  ", ",
  ";",
  "!",
  "(",
  ")",
  '"',
  "'",
  "",
  "\u00a0",
  "\u3000",
);
const text = fc
  .array(fc.tuple(word, glue), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.flat().join(""))
  .filter((content) => content.isWellFormed() && !content.includes("\0"));

it("documents made of remembered words are those that Postgres makes of the whole texts", async () => {
  const seed = Date.now();
  const contents = fc.sample(text, { numRuns: 2_000, seed });
  await database.query({
    name: "insert-texts",
    text: `INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change,
        created_at)
      SELECT $1, n, uuidv7(), 'ana', n::text, 0, content, n, now()
      FROM unnest($2::text[]) WITH ORDINALITY AS t(content, n)`,
    values: [conversationId, contents],
  });
  const index = createIndexer(database);
  await index(contents.map((_, n) => ({ conversationId, seq: n + 1 })));
  const rows = await database.query<{ content: string; is: string; should: string }>({
    name: "compare-documents",
    text: `SELECT * FROM (
        SELECT m.content, s.document::text AS is,
          (search_document(m.content) || search_facets(m.sender_id, m.created_at))::text AS should
        FROM messages m LEFT JOIN message_search s USING (conversation_id, seq)) d
      WHERE "is" IS DISTINCT FROM should`,
    values: [],
  });
  expect(rows, `seed ${seed}`).toEqual([]);
});
