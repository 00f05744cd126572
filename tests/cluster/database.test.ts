import { CodedError } from "@parloir/contracts/errors.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { afterAll, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";

const clone = await cloneDatabase();
const database = createDatabase({
  url: clone.url,
  poolSize: 1,
  applicationName: "test",
  statementTimeoutMs: 500,
  onError: () => undefined,
});
afterAll(async () => {
  await database.close();
  await clone.drop();
});

const query = (text: string) => ({ name: text, text, values: [] });

/** The pool's only connection, as Postgres knows it. */
async function connection(): Promise<number> {
  const [row] = await database.query<{ pid: number }>(query("SELECT pg_backend_pid() AS pid"));
  return row!.pid;
}

const written = () => database.query(query("SELECT FROM users WHERE id = 'written'"));
const write = query("INSERT INTO users (id, name) VALUES ('written', 'Written')");

describe("a transaction whose work throws", () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      "a refusal",
      () =>
        database.transaction(async (ask) => {
          await ask(write);
          throw new CodedError("NOT_FOUND", "no such message");
        }),
    ],
    [
      "an error of the statement",
      () =>
        database.transaction(async (ask) => {
          await ask(write);
          await ask(query("SELECT 1 / 0"));
        }),
    ],
  ])("%s: leaves nothing, and its connection serves the next", async (_, work) => {
    const before = await connection();
    await expect(work()).rejects.toThrow();
    expect([await connection(), await written()]).toEqual([before, []]);
  });

  it("because the answer is late: its connection, which still works on that, is not used again", async () => {
    const before = await connection();
    const slow = database.transaction(async (ask) => {
      await ask(query("SET LOCAL statement_timeout = 0"));
      await ask(write);
      await ask(query("SELECT pg_sleep(600)"));
    });
    await expect(slow).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await connection()).not.toBe(before);
    expect(await written()).toEqual([]);
  });
});
