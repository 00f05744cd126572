import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import path from "node:path";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import { Server } from "socket.io";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { serverKey, startCluster } from "../../tests/cluster/cluster.ts";
import { checkBalancer, checkIdle } from "./balancer.ts";
import { checkClock } from "./clocks.ts";
import { judge, neededBy } from "./descriptors.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import { parseOptions } from "./options.ts";
import { judgeSentinels } from "./sentinels.ts";
import { checkQueue, judgeSettings } from "./stores.ts";

const cluster = await startCluster({ gateways: 2, balancer: true });
afterAll(() => cluster.stop());

const statesOf = (findings: Finding[]) =>
  Object.fromEntries(findings.map(({ what, state }) => [what, state]));

const good = {
  url: cluster.url,
  databaseUrl: cluster.databaseUrl,
  pooled: null,
  replicaUrls: [],
  rooms: { url: cluster.redisUrl, cluster: false },
  queue: null,
  processes: [{ name: "gw1", role: "gateway", pid: process.pid, url: null }],
  connections: 40,
  sockets: 10,
  serverKey: null,
  json: false,
};

describe("a cluster that is well", () => {
  it("has no problem that is not of this machine", async () => {
    const findings = await diagnose(good);
    const states = statesOf(findings);
    expect(states).toMatchObject({
      reachable: "ok",
      websocket: "ok",
      upgrade: "ok",
      "private paths": "ok",
      Postgres: "ok",
      migrations: "ok",
      connections: "ok",
      "clock of Postgres": "ok",
      "Redis for rooms": "ok",
      "clock of Redis for rooms": "ok",
      "Redis for queues": "unknown",
      "idle connections": "unknown",
    });
    const { found } = findings.find(({ what }) => what === "stickiness")!;
    expect(found).toContain("12 of 12 polling sessions");
    // Tests run Postgres without fsync, and the doctor sees that.
    expect(states.durability).toBe("problem");
  });
});

describe("a connection that is idle", () => {
  /** A gateway that pings often, with the two routes that the doctor uses. */
  async function pinging(cutAfterMs: number | null): Promise<string> {
    const server = createServer((_, response) => response.end('{"data":{"token":"a-token"}}'));
    const io = new Server(server, { pingInterval: 300, pingTimeout: 20_000 });
    io.on("connection", (socket) => {
      if (cutAfterMs !== null) setTimeout(() => socket.conn.close(), cutAfterMs);
    });
    onTestFinished(() => io.close());
    return `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
  }

  it("is well when the server's ping comes, and not when somebody cut it before", async () => {
    expect(await checkIdle(await pinging(null), serverKey)).toMatchObject([{ state: "ok" }]);
    expect(await checkIdle(await pinging(0), serverKey)).toMatchObject([
      {
        state: "problem",
        found: expect.stringContaining("closed"),
        fix: expect.stringContaining("timeout tunnel"),
      },
    ]);
  });
});

/** A balancer as one should not have it: without a look at the session, and without upgrades. */
async function forgetful(): Promise<string> {
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const isSocket = incoming.url!.startsWith("/socket.io/");
    const target = isSocket
      ? cluster.gateways[incoming.url!.includes("sid=") ? 1 : 0]!.url
      : cluster.apis[0]!.url;
    const onward = request(new URL(incoming.url!, target), {
      method: incoming.method!,
      headers: incoming.headers,
    });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  onTestFinished(() => closeServer(server));
  return `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
}

describe("a balancer that does not know sessions, nor lets upgrades pass", () => {
  it("is found out, and the fixes are named", async () => {
    const findings = await checkBalancer(await forgetful(), null);
    expect(statesOf(findings)).toMatchObject({
      reachable: "ok",
      stickiness: "problem",
      websocket: "problem",
      upgrade: "problem",
    });
    for (const { state, fix } of findings) if (state === "problem") expect(fix).not.toBe("");
    expect(findings.find(({ what }) => what === "stickiness")?.fix).toContain("use-server");
  });

  it("that is not there at all is one problem", async () => {
    expect(statesOf(await checkBalancer("http://127.0.0.1:1", null))).toEqual({ reachable: "problem" });
  });
});

describe("stores", () => {
  it("a Redis that may evict jobs is a problem, one that does not keep them a warning", async () => {
    const folder = await temporaryFolder();
    const redis = await startRedis({
      dir: path.join(folder.dir, "redis"),
      settings: ["maxmemory-policy allkeys-lru"],
    });
    onTestFinished(async () => {
      await redis.stop();
      await folder.remove();
    });
    expect(statesOf(await checkQueue({ url: redis.url }))).toEqual({
      "Redis for queues": "ok",
      "eviction of queues": "problem",
      "append-only file of queues": "warning",
    });
  });

  it("a Sentinel that is alone, with a master that is alone, is a problem, and so is one that is not there", async () => {
    const folder = await temporaryFolder();
    const master = await startRedis({ dir: path.join(folder.dir, "master"), appendonly: true });
    const { port, password } = new URL(master.url);
    const watching = path.join(folder.dir, "sentinel");
    await mkdir(watching);
    await writeFile(path.join(watching, "password"), password);
    const sentinel = await startRedis({
      dir: watching,
      settings: [`sentinel monitor queues 127.0.0.1 ${port} 1`, `sentinel auth-pass queues ${password}`],
      sentinel: true,
    });
    onTestFinished(async () => {
      await sentinel.stop();
      await master.stop();
      await folder.remove();
    });
    const options = parseOptions(["--quick", "--url", cluster.url], {
      // The master itself is asked where the Sentinel says that it is.
      QUEUE_REDIS_URL: `redis://:${password}@127.0.0.1:1`,
      QUEUE_REDIS_SENTINELS: `127.0.0.1:${new URL(sentinel.url).port},127.0.0.1:1`,
      QUEUE_REDIS_MASTER: "queues",
      QUEUE_REDIS_SENTINEL_PASSWORD: password,
    })!;
    const findings = await diagnose(options);
    expect(statesOf(findings)).toMatchObject({
      "Redis for queues": "ok",
      "append-only file of queues": "ok",
      "Sentinel 127.0.0.1:1": "problem",
      Sentinels: "problem",
    });
    const found = findings.filter(({ what }) => what === "Sentinels").map((each) => each.found);
    expect(found).toEqual([`127.0.0.1:${port} has no replica`, "1 know each other, and 1 must agree"]);
  });

  it("Postgres that is old, that may forget, or that has too few connections is a problem", () => {
    const settings = {
      versionNumber: 170_004,
      fsync: "off",
      fullPageWrites: "on",
      synchronousCommit: "off",
      maxConnections: 100,
      reservedConnections: 3,
      now: "",
      migrations: [],
    };
    const findings = judgeSettings(settings, 98);
    expect(statesOf(findings)).toEqual({
      Postgres: "problem",
      durability: "problem",
      connections: "problem",
    });
    expect(findings[1]!.found).toBe("fsync, synchronous_commit off");
  });
});

it("clocks may differ by two seconds, and descriptors must suffice for every socket", () => {
  expect(checkClock("a", 11_000, 10_000).state).toBe("ok");
  expect(checkClock("a", 7_000, 10_000)).toMatchObject({
    state: "problem",
    found: "3000 ms behind this machine",
  });
  expect(judge("gw1", 21_000, 21_000).state).toBe("ok");
  expect(judge("gw1", 1_024, 21_000).state).toBe("problem");
  expect(judge("gw1", null, 21_000).state).toBe("unknown");
  const all = ["balancer", "gateway", "gateway", "gateway", "api"].map((role) => ({ role }));
  expect(all.map(({ role }) => neededBy(role, all, 20_000))).toEqual([121_000, 21_000, 21_000, 21_000, null]);
});

it("what a process knows by variables, the doctor knows by the same", () => {
  const env = {
    DATABASE_URL: "postgresql://db/parloir",
    REDIS_URL: "redis://a:1,redis://b:2",
    REDIS_CLUSTER: "1",
    QUEUE_REDIS_URL: "redis://queue:1",
    DATABASE_POOL_SIZE: "20",
    SERVER_KEY: "key",
  };
  expect(parseOptions(["--url", "https://chat.example", "--processes", "6"], env)).toMatchObject({
    url: "https://chat.example",
    databaseUrl: env.DATABASE_URL,
    rooms: { url: env.REDIS_URL, cluster: true },
    queue: { url: env.QUEUE_REDIS_URL, sentinels: null },
    pooled: null,
    replicaUrls: [],
    connections: 120,
    serverKey: "key",
  });
  const ways = {
    ...env,
    DATABASE_POOLER: "prepared",
    DATABASE_DIRECT_URL: "postgresql://itself/parloir",
    DATABASE_REPLICA_URLS: "postgresql://one/parloir, postgresql://two/parloir",
  };
  expect(parseOptions([], ways)).toMatchObject({
    databaseUrl: ways.DATABASE_DIRECT_URL,
    pooled: { url: env.DATABASE_URL, pooler: "prepared" },
    replicaUrls: ["postgresql://one/parloir", "postgresql://two/parloir"],
    connections: null,
  });
  expect(parseOptions(["--help"], env)).toBeNull();
  expect(() => parseOptions([], { ...env, DATABASE_POOLER: "session" })).toThrow("DATABASE_POOLER");
  expect(parseOptions(["--quick", "--url", "http://a"], env)?.serverKey).toBeNull();
});

it("and by the same files: secrets that no environment shows", async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const values = {
    DATABASE_URL: "postgresql://db/parloir",
    REDIS_URL: "redis://rooms:1",
    QUEUE_REDIS_URL: "redis://queue:1",
    SERVER_KEY: "key",
  };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const file = path.join(folder.dir, name);
    await writeFile(file, `${value}\n`);
    env[`${name}_FILE`] = file;
  }
  expect(parseOptions(["--url", "http://a"], env)).toMatchObject({
    databaseUrl: values.DATABASE_URL,
    rooms: { url: values.REDIS_URL, cluster: false },
    queue: { url: values.QUEUE_REDIS_URL, sentinels: null },
    serverKey: values.SERVER_KEY,
  });
  expect(() => parseOptions([], { ...env, SERVER_KEY_FILE: path.join(folder.dir, "none") })).toThrow(
    "ENOENT",
  );
});

it("what Sentinels say of the master must agree", () => {
  const view = { address: "a:1", master: "m:1", replicas: 1, sentinels: 3, quorum: 2 };
  expect(judgeSentinels([view, view, view])).toMatchObject([{ state: "ok" }]);
  expect(judgeSentinels([view, { ...view, master: "m:2" }])).toMatchObject([{ state: "problem" }]);
  expect(judgeSentinels([view, { ...view, replicas: 0 }])).toMatchObject([{ state: "problem" }]);
  expect(judgeSentinels([{ ...view, quorum: 4 }])).toMatchObject([{ state: "problem" }]);
});
