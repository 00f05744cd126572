import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { CodedError } from "@parloir/contracts/errors.ts";
import { freePort } from "@parloir/local/ports.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { afterAll, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";

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

describe("a server that takes no connections", () => {
  it("is tried by one for all who ask, and not by every request", async () => {
    let tries = 0;
    // As a Postgres that recovers: it answers, and lets nobody in.
    const server = createServer((socket) => {
      tries += 1;
      socket.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const recovering = createDatabase({
      url: `postgresql://nobody@127.0.0.1:${port}/none`,
      poolSize: 10,
      applicationName: "test",
      onError: () => undefined,
    });
    const ask = () => recovering.query(query("SELECT 1")).catch((error: CodedError) => error.code);
    expect(await ask()).toBe("UNAVAILABLE");
    const answers = await Promise.all(Array.from({ length: 100 }, ask));
    expect(new Set(answers)).toEqual(new Set(["UNAVAILABLE"]));
    // Ten connections would have been tried at once, and ten more for whoever waited behind them.
    expect(tries).toBeLessThanOrEqual(2);
    await recovering.close();
    server.close();
  });

  it("once and then takes them has refused one request: the next waits for the next try", async () => {
    const { hostname, port } = new URL(clone.url);
    let tries = 0;
    const door = createServer((socket) => {
      tries += 1;
      if (tries === 1) return void socket.destroy();
      const inside = connect(Number(port), hostname);
      socket.pipe(inside).pipe(socket);
    });
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    const url = new URL(clone.url);
    url.port = String((door.address() as AddressInfo).port);
    const shaken = createDatabase({
      url: url.href,
      poolSize: 4,
      applicationName: "test",
      onError: () => undefined,
    });
    await expect(shaken.query(query("SELECT 1"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => shaken.query(query("SELECT 1 AS one"))),
    );
    expect(answers).toEqual(Array.from({ length: 8 }, () => [{ one: 1 }]));
    await shaken.close();
    door.close();
  });

  it("serves again soon after it lets somebody in", async () => {
    const port = await freePort();
    const url = new URL(clone.url);
    const open = createDatabase({
      url: `postgresql://${url.username}:${url.password}@127.0.0.1:${port}${url.pathname}`,
      poolSize: 2,
      applicationName: "test",
      onError: () => undefined,
    });
    await expect(open.query(query("SELECT 1"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const door = createServer((socket) => {
      const inside = connect(Number(url.port), url.hostname);
      socket.pipe(inside).pipe(socket);
    });
    door.listen(port, "127.0.0.1");
    await eventually(
      "an answer",
      () => open.query(query("SELECT 1")).catch(() => []),
      (rows) => rows.length === 1,
    );
    await open.close();
    door.close();
  });
});

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
