import fc from "fast-check";
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
    const broken = (await readMigrations()).flatMap((migration, index, all) => {
      const file = `${String(migration.number).padStart(4, "0")}-${migration.name}`;
      return problemsOf(migration, all.slice(0, index)).length > 0 ? [file] : [];
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
  "CREATE TABLE a (message_id uuid, note text DEFAULT E'\\'; DELETE FROM messages; --'); INSERT INTO a VALUES (NULL);",
  'CREATE TABLE a ("it\'s" text); COMMENT ON COLUMN a."it\'s" IS $$update messages$$;',
  "DROP TRIGGER message_search_follow ON messages; CREATE TABLE a (id bigint);",
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

const refused: [string, string][] = [
  ["CREATE INDEX a ON messages (kind);", "locks messages for as long"],
  ["create unique index if not exists a on only public.messages(kind)", "locks messages for as long"],
  ["REINDEX TABLE messages;", "locks messages for as long"],
  ["REINDEX SCHEMA public;", "locks messages for as long"],
  ["VACUUM FULL messages;", "locks messages for as long"],
  ["VACUUM (ANALYZE, FULL) users;", "locks messages for as long"],
  ["CLUSTER;", "locks messages for as long"],
  ["LOCK TABLE messages IN SHARE MODE;", "locks messages"],
  ["TRUNCATE users, messages;", "empties messages"],
  ["TRUNCATE conversations CASCADE;", "empties messages"],
  ["UPDATE messages SET kind = 'text';", "all at once"],
  ["/* a */ DELETE FROM ONLY messages WHERE kind = 'call';", "all at once"],
  ["WITH gone AS (DELETE FROM messages RETURNING id) SELECT count(*) FROM gone;", "all at once"],
  ["WITH old AS (SELECT id FROM users) UPDATE messages SET kind = 'a' FROM old;", "all at once"],
  ["EXPLAIN ANALYZE MERGE INTO messages USING users ON true WHEN MATCHED THEN DELETE;", "all at once"],
  ["COPY messages (id, content) FROM '/tmp/a';", "all at once"],
  ["CREATE RULE a AS ON INSERT TO messages DO INSTEAD NOTHING;", "something else"],
  ["CREATE OR REPLACE RULE a AS ON UPDATE TO users DO ALSO NOTIFY a;", "something else"],
  ["ALTER TABLE users ADD COLUMN a uuid REFERENCES messages (id);", "while messages is locked"],
  ["ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES messages;", "while messages is locked"],
  [`DELETE FROM U&"m\\0065ssages";`, "cannot be checked"],
  ["DO LANGUAGE plpgsql $$ BEGIN DELETE FROM messages; END $$;", "cannot be checked"],
  ["DROP TYPE a;", "the version before uses"],
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
  ["ALTER TABLE messages ADD COLUMN a text; UPDATE users SET name = name;", "works while messages is locked"],
  [
    "CREATE TRIGGER a AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION b(); CREATE INDEX c ON users (name);",
    "works while messages is locked",
  ],
  ...[
    "DROP TRIGGER message_search_follow ON messages; UPDATE users SET name = name;",
    "DROP INDEX messages_altered; UPDATE users SET name = name;",
    "DROP INDEX IF EXISTS public.from_nowhere; CREATE TABLE a AS SELECT * FROM users;",
    "CREATE POLICY a ON messages USING (true); REFRESH MATERIALIZED VIEW b;",
    "CREATE TABLE a (id uuid REFERENCES messages (id)); INSERT INTO users SELECT * FROM b;",
    "ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES messages NOT VALID; CREATE INDEX b ON users (name);",
    "ALTER TABLE messages ADD COLUMN a text; ALTER TABLE users ADD CHECK (name <> '');",
    "ALTER TABLE messages ADD COLUMN a text; WITH b AS (SELECT 1) SELECT c() FROM b;",
    "ALTER TABLE messages ADD CONSTRAINT a CHECK (seq > 0) NOT VALID; ALTER TABLE messages VALIDATE CONSTRAINT a;",
  ].map((sql): [string, string] => [sql, "works while messages is locked"]),
  ["-- outside a transaction\nCREATE INDEX CONCURRENTLY a ON messages (kind);", "what a failed try left"],
  ["-- outside a transaction\nALTER TABLE users ADD COLUMN a text;", "no reason"],
];

describe("what the rules refuse", () => {
  it.each(refused)("%s", (sql, problem) => {
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

describe("however a migration is written", () => {
  /** The same to Postgres. */
  const names = [
    "messages",
    "MESSAGES",
    '"messages"',
    "public.messages",
    '"public" . messages',
    'Public/* . */."messages"',
  ];
  const gaps = [" ", "\n", "\t ", " /* ; update users */ ", " -- drop table users;\n  ", "/**/"];
  const draw = fc.array(fc.nat({ max: 59 }), { minLength: 40, maxLength: 40 });

  function written(sql: string, drawn: number[]): string {
    let at = 0;
    const next = <T>(choices: readonly T[]) => choices[drawn[at++ % drawn.length]! % choices.length]!;
    const words = sql.replace(/(?<![\w.])(?:public\.)?messages\b/g, "§").split(/\s+/);
    return words
      .map((word) => (next([0, 1]) === 0 ? word.toLowerCase() : word.toUpperCase()))
      .reduce((text, word) => `${text}${next(gaps)}${word}`)
      .replace(/§/g, () => next(names));
  }
  /** Of words alone: what is in a text, or in a comment, must stay as it is. */
  const plain = (sql: string) => !/['"$-]/.test(sql);

  it.each(refused.filter(([sql]) => plain(sql)))("%s: is refused for the same reason", (sql, problem) => {
    fc.assert(
      fc.property(draw, (drawn) => {
        expect(check(written(sql, drawn)).join("\n")).toContain(problem);
      }),
    );
  });

  it.each(harmless.filter(plain))("%s: is let pass", (sql) => {
    fc.assert(
      fc.property(draw, (drawn) => {
        expect(check(written(sql, drawn))).toEqual([]);
      }),
    );
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
