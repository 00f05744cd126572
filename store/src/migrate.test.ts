import { randomBytes } from "node:crypto";
import pg from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { cloneDatabase } from "../../tests/setup/database.ts";
import { deadlineMs, eventually } from "../../tests/setup/waiting.ts";
import { type Migration, migrate, readMigrations } from "./migrate.ts";

const nameOf = ({ number, name }: { number: number; name: string }) =>
  `${String(number).padStart(4, "0")}-${name}`;

it("processes that start at once create and migrate one database, each step once", async () => {
  const url = new URL(inject("templateUrl"));
  const name = `migrate_${randomBytes(6).toString("hex")}`;
  url.pathname = `/${name}`;
  onTestFinished(async () => {
    const admin = new pg.Client({ connectionString: inject("templateUrl").replace(/[^/]+$/, "postgres") });
    await admin.connect();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url.href)));
  expect(applied.flat()).toEqual((await readMigrations()).map(nameOf));
  expect(await migrate(url.href)).toEqual([]);
});

it("every migration has a number of its own", async () => {
  const numbers = (await readMigrations()).map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)]);
});

describe("on a database at work", () => {
  const next = (sql: string): Migration[] => [{ number: 9_999, name: "test", sql }];
  const sets = "ALTER TABLE messages SET (fillfactor = 95)";

  async function atWork() {
    const database = await cloneDatabase();
    const clients = [await database.pool.connect(), await database.pool.connect()] as const;
    onTestFinished(async () => {
      for (const client of clients) client.release();
      await database.drop();
    });
    return { ...database, reader: clients[0], writer: clients[1] };
  }

  it("a migration that waits for a long reader lets sends pass, and goes on when the reader has ended", async () => {
    const { url, reader, writer } = await atWork();
    await reader.query("BEGIN; SELECT count(*) FROM messages");
    const migrations = next("ALTER TABLE messages ADD COLUMN a text");
    const migrating = migrate(url, { migrations, lockTimeoutMs: 200, pauseMs: 100, tries: 1_000 });
    const waits = `SELECT pid FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted`;
    await eventually(
      "a migration in line",
      async () => (await writer.query(waits)).rowCount,
      (count) => count === 1,
    );
    // Behind it in line: without a time-out this would end only with the reader.
    await writer.query(`SET statement_timeout = ${deadlineMs}`);
    await writer.query("DELETE FROM messages WHERE seq < 0");
    expect((await reader.query("SELECT 1 AS still")).rows).toEqual([{ still: 1 }]);
    await reader.query("COMMIT");
    expect(await migrating).toEqual(["9999-test"]);
  });

  it("gives up in the end, and leaves nothing half done", async () => {
    const { url, reader, writer } = await atWork();
    await reader.query("BEGIN; SELECT count(*) FROM messages");
    const migrations = next("CREATE TABLE half (id int); ALTER TABLE messages ADD COLUMN a text");
    const migrating = migrate(url, { migrations, lockTimeoutMs: 50, pauseMs: 10, tries: 3 });
    await expect(migrating).rejects.toThrow("lock timeout");
    expect((await writer.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
    await reader.query("ROLLBACK");
  });

  it("builds an index beside the writers, and again when a try failed, while another process waits", async () => {
    const { url, writer } = await atWork();
    await writer.query("BEGIN; DELETE FROM messages WHERE seq < 0");
    const migrations = next(`-- outside a transaction
      DROP INDEX CONCURRENTLY IF EXISTS messages_kind;
      CREATE INDEX CONCURRENTLY messages_kind ON messages (kind);
      ALTER TABLE messages VALIDATE CONSTRAINT no_such_thing;`);
    const failing = migrate(url, { migrations, lockTimeoutMs: deadlineMs });
    const outcome = expect(failing).rejects.toThrow("no_such_thing");
    await writer.query("COMMIT");
    await outcome;
    const mended = next(migrations[0]!.sql.replace(/ALTER.*/, `${sets};`));
    const both = await Promise.all([1, 2].map(() => migrate(url, { migrations: mended })));
    expect(both.flat()).toEqual(["9999-test"]);
    const { rows } = await writer.query(
      "SELECT indisvalid FROM pg_index WHERE indexrelid = 'messages_kind'::regclass",
    );
    expect(rows).toEqual([{ indisvalid: true }]);
  });
});
