import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";

/**
 * Could the tables that grow with messages move to a Postgres that shards? docs/scaling.md says by what; here its
 * tables are held against the schema, so that no migration takes the way there away without anybody noticing.
 */
const database = await cloneDatabase();
afterAll(() => database.drop());

const document = readFileSync(new URL("../../docs/scaling.md", import.meta.url), "utf8");
const section = /^## A Postgres that shards\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(document)![1]!;
/** Names in the first column of the rows that have `how` in their second one. */
const named = (how: RegExp) =>
  section
    .split("\n")
    .filter((line) => how.test(line))
    .flatMap((line) => [...line.split("|")[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));

const keyOf = new Map([
  ...named(/\| by `conversation_id` \|/).map((table) => [table, "conversation_id"] as const),
  ...named(/\| by `id` \|/).map((table) => [table, "id"] as const),
]);
const reference = named(/\| everywhere \|/);
const single = named(/\| in one place \|/);
const obstacles = named(/\| in the way:/);

async function rows<Row extends object>(text: string): Promise<Row[]> {
  return (await database.pool.query<Row>(text)).rows;
}

interface Unique {
  name: string;
  table: string;
  columns: string[];
}

const uniques = await rows<Unique>(`
  SELECT i.relname AS name, t.relname AS table, array_agg(a.attname::text ORDER BY k.place) AS columns
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
  WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace GROUP BY i.relname, t.relname`);

interface ForeignKey {
  name: string;
  from: string;
  to: string;
  columns: string[];
  referenced: string[];
}

const foreignKeys = await rows<ForeignKey>(`
  SELECT c.conname AS name, f.relname AS from, r.relname AS to,
    (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = f.oid AND attnum = ANY (c.conkey)) AS columns,
    (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = r.oid AND attnum = ANY (c.confkey)) AS referenced
  FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
  WHERE c.contype = 'f'`);

/** What may refer to what: see docs/scaling.md. */
function isHeld({ from, to, columns, referenced }: ForeignKey): boolean {
  if (reference.includes(to)) return true;
  const [key, other] = [keyOf.get(from), keyOf.get(to)];
  if (key === undefined && other === undefined) return single.includes(from);
  // Both on the shard of the same conversation.
  return key !== undefined && other !== undefined && columns.includes(key) && referenced.includes(other);
}

describe("docs/scaling.md, a Postgres that shards", () => {
  it("gives every table one place, and no other", async () => {
    const tables = await rows<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    const placed = [...keyOf.keys(), ...reference, ...single];
    expect(placed.toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
  });

  it("distributes by a column that every key of these tables has, but for what it names", () => {
    const split = uniques.filter(
      ({ table, columns }) => keyOf.has(table) && !columns.includes(keyOf.get(table)!),
    );
    const broken = foreignKeys.filter((each) => !isHeld(each));
    expect([...split, ...broken].map(({ name }) => name).toSorted()).toEqual(obstacles.toSorted());
  });

  it("has nothing in the way of the messages themselves and of what hangs on them", () => {
    const log = ["messages", "message_edits", "reactions", "message_search", "system_lines"];
    for (const table of log) {
      expect([table, keyOf.get(table)]).toEqual([table, "conversation_id"]);
      for (const { name, columns } of uniques.filter((each) => each.table === table))
        expect([name, columns]).toEqual([name, expect.arrayContaining(["conversation_id"])]);
      expect(foreignKeys.filter(({ from, to }) => from === table || to === table)).toEqual([]);
    }
  });
});
