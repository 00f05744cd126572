import { describe, expect, it } from "vitest";
import { cloneDatabase } from "../../tests/setup/database.ts";
import { readMigrations } from "./migrate.ts";
import { problemsOf } from "./migration-rules.ts";
import { plainStatement, statementsOf } from "./statements.ts";

const check = (sql: string) => problemsOf({ number: 9_999, name: "test", sql });

/** Break the rules, and run only where there are no messages yet: nothing has been released since. */
const beforeTheRules = ["0005-changes", "0007-search"];

describe("store/migrations", () => {
  it("lock messages only briefly, and leave the version before at work", async () => {
    const broken = (await readMigrations()).flatMap((migration) => {
      const file = `${String(migration.number).padStart(4, "0")}-${migration.name}`;
      return problemsOf(migration).length > 0 ? [file] : [];
    });
    expect(broken).toEqual(beforeTheRules);
  });
});

const harmless = [
  "ALTER TABLE messages ADD COLUMN a text;",
  "ALTER TABLE messages ADD COLUMN IF NOT EXISTS a timestamptz(3), ADD COLUMN b uuid[];",
  "ALTER TABLE messages ADD COLUMN a boolean NOT NULL DEFAULT false;",
  "ALTER TABLE messages ADD COLUMN a text DEFAULT 'x, y'; -- update messages",
  "ALTER TABLE messages ALTER COLUMN reply_to_seq SET DEFAULT 7;",
  "ALTER TABLE messages SET (autovacuum_vacuum_threshold = 100, fillfactor = 90);",
  "ALTER TABLE messages ADD CONSTRAINT a CHECK (seq > 0) NOT VALID;",
  "CREATE TABLE a (id bigint, at timestamptz); CREATE INDEX a_at ON a (at); ALTER TABLE messages ADD COLUMN b text;",
  "CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE messages SET kind = 'a'; RETURN NULL; END $$;",
  "-- contract: unused since 1.4.0\nALTER TABLE messages DROP COLUMN mentions;",
];

describe("what the rules let pass", () => {
  it.each(harmless)("%s", (sql) => {
    expect(check(sql)).toEqual([]);
  });

  it("writes no row of messages anew and looks at none, unlike what they refuse", async () => {
    const database = await cloneDatabase();
    const client = await database.pool.connect();
    const file = "pg_relation_filenode('messages') AS file";
    const scans = "(SELECT seq_scan::int FROM pg_stat_xact_user_tables WHERE relname = 'messages') AS scans";
    async function cost(sql: string): Promise<{ rewritten: boolean; scanned: boolean }> {
      await client.query("BEGIN");
      const before = await client.query(`SELECT ${file}, ${scans}`);
      await client.query(sql);
      const after = await client.query(`SELECT ${file}, ${scans}`);
      await client.query("ROLLBACK");
      return {
        rewritten: after.rows[0].file !== before.rows[0].file,
        scanned: after.rows[0].scans > before.rows[0].scans,
      };
    }
    try {
      for (const sql of harmless)
        expect([sql, await cost(sql)]).toEqual([sql, { rewritten: false, scanned: false }]);
      const volatile = "ALTER TABLE messages ADD COLUMN a uuid DEFAULT uuidv7()";
      expect(await cost(volatile)).toMatchObject({ rewritten: true });
      expect(await cost("ALTER TABLE messages ADD CHECK (seq > 0)")).toMatchObject({ scanned: true });
    } finally {
      client.release();
      await database.drop();
    }
  });
});

describe("what the rules refuse", () => {
  it.each([
    ["CREATE INDEX a ON messages (kind);", "locks messages for as long"],
    ["create unique index if not exists a on only public.messages(kind)", "locks messages for as long"],
    ["REINDEX TABLE messages;", "locks messages for as long"],
    ["VACUUM FULL messages;", "locks messages for as long"],
    ["LOCK TABLE messages IN SHARE MODE;", "locks messages"],
    ["TRUNCATE users, messages;", "locks messages"],
    ["UPDATE messages SET kind = 'text';", "all at once"],
    ["/* a */ DELETE FROM ONLY messages WHERE kind = 'call';", "all at once"],
    ["ALTER TABLE messages ADD COLUMN a timestamptz DEFAULT now();", "not known to be brief"],
    ["ALTER TABLE messages ADD COLUMN a int, ADD COLUMN b uuid DEFAULT uuidv7();", "not known to be brief"],
    ["ALTER TABLE messages ADD COLUMN a int GENERATED ALWAYS AS (seq + 1) STORED;", "not known to be brief"],
    ["ALTER TABLE messages ADD COLUMN a text REFERENCES users (id);", "not known to be brief"],
    ["ALTER TABLE messages ADD CONSTRAINT a CHECK (seq > 0);", "not known to be brief"],
    ["ALTER TABLE messages ADD UNIQUE (id);", "not known to be brief"],
    ["ALTER TABLE messages SET UNLOGGED;", "not known to be brief"],
    ["ALTER TABLE messages ALTER COLUMN kind TYPE varchar(9);", "the version before writes"],
    ["ALTER TABLE messages ALTER kind SET NOT NULL;", "the version before writes"],
    ["ALTER TABLE users ADD COLUMN a text NOT NULL;", "the version before writes"],
    ["ALTER TABLE users RENAME COLUMN name TO title;", "the version before uses"],
    ["ALTER TABLE messages RENAME TO lines;", "the version before uses"],
    ["ALTER TABLE users DROP COLUMN name;", "the version before uses"],
    ["DROP TABLE users;", "the version before uses"],
    ["DO $$ BEGIN UPDATE messages SET kind = 'a'; END $$;", "cannot be checked"],
    ["CREATE INDEX CONCURRENTLY a ON messages (kind);", "outside a transaction"],
    [
      "ALTER TABLE messages ADD COLUMN a text; UPDATE users SET name = name;",
      "works while messages is locked",
    ],
    [
      "CREATE TRIGGER a AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION b(); CREATE INDEX c ON users (name);",
      "works while messages is locked",
    ],
    ["-- outside a transaction\nCREATE INDEX CONCURRENTLY a ON messages (kind);", "what a failed try left"],
    ["-- outside a transaction\nALTER TABLE users ADD COLUMN a text;", "no reason"],
  ])("%s", (sql, problem) => {
    expect(check(sql).join("\n")).toContain(problem);
  });

  it("and not the same as it should be written", () => {
    expect(
      check(`-- outside a transaction
        DROP INDEX CONCURRENTLY IF EXISTS a;
        CREATE INDEX CONCURRENTLY a ON messages (kind);
        ALTER TABLE messages VALIDATE CONSTRAINT b;`),
    ).toEqual([]);
  });
});

it("statements end at semicolons that are in no text, name or comment", () => {
  const sql = `-- a; b
    INSERT INTO a VALUES ('x; ''y'); /* c; */ CREATE FUNCTION f() AS $body$ a; b; $body$;
    SELECT 4 / 2 - 1 AS "a;b"`;
  expect(statementsOf(sql)).toEqual([
    "INSERT INTO a VALUES ('x; ''y')",
    "CREATE FUNCTION f() AS $body$ a; b; $body$",
    'SELECT 4 / 2 - 1 AS "a;b"',
  ]);
  expect(plainStatement(statementsOf(sql)[1]!)).toBe("create function f() as ''");
});
