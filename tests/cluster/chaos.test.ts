import { readApiConfig, readGatewayConfig, readWorkerConfig } from "@parloir/platform/env.ts";
import { createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { readBoard, wishHarm } from "@parloir/platform/snapshot/board.ts";
import { pino } from "pino";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster } from "./cluster.ts";
import { startApi } from "./nodes.ts";
import { type RunningProcess, startProcess } from "./process.ts";

const cluster = await startCluster({ gateways: 0 });
afterAll(() => cluster.stop());

const harm = (name: string) => `/api/cluster/nodes/${name}/harm`;
const root = await cluster.person("root", "admin");
const secret = "tests-secret-0123456789abcdef0123456789";
const production = {
  NODE_ENV: "production",
  DATABASE_URL: cluster.databaseUrl,
  REDIS_URL: cluster.redisUrl,
  QUEUE_REDIS_URL: cluster.redisUrl,
  API_URLS: "http://127.0.0.1:9",
  JWT_SECRET: secret,
  INTERNAL_SECRET: secret,
  SERVER_KEY: secret,
  HOST: "127.0.0.1",
  CANARY_MS: "0",
  ATTACHMENT_DIR: cluster.attachmentDir,
  ATTACHMENT_KEEP_FREE_MB: "0",
};

it("the chaos panel is for admins in person, and knows its processes", async () => {
  const kim = await cluster.person("kim", "agent");
  expect((await cluster.rest(kim, "POST", harm("api1"), { harm: "kill" })).status).toBe(403);
  expect((await cluster.rest(root, "POST", harm("nobody"), { harm: "kill" })).status).toBe(404);
  expect((await cluster.rest(root, "POST", harm("redis"), { harm: "freeze" })).status).toBe(400);
  expect((await cluster.rest(root, "POST", harm("api1"), { harm: "melt" })).status).toBe(400);
});

describe("in production", () => {
  it("is not there: no route takes it, whoever asks", async () => {
    for (const read of [readGatewayConfig, readApiConfig, readWorkerConfig])
      expect(read(production).production).toBe(true);
    const log = pino({ level: "silent" });
    const api = await startApi("api9", production, log);
    onTestFinished(() => api.stop());
    expect(api.api.routes.map(({ path }) => path)).not.toContain("/api/cluster/nodes/:name/harm");
    const ask = (url: string, token: string) =>
      fetch(new URL(harm("api1"), url), {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ harm: "kill" }),
      });
    const minted = await fetch(new URL("/api/tokens", api.url), {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ userId: root.id }),
    });
    const { token } = ((await minted.json()) as { data: { token: string } }).data;
    // The same person with a token that counts there: the view is, the harm is not.
    const view = await fetch(new URL("/api/cluster", api.url), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(view.status).toBe(200);
    expect((await ask(api.url, token)).status).toBe(404);
    expect((await ask(cluster.apis[0]!.url, root.token)).status).toBe(202);
  });

  it("no process takes such a wish, however it came into Redis; in development it ends the process", {
    timeout: 120_000,
  }, async () => {
    const redis = createPublisherClient({ url: cluster.redisUrl, cluster: false }, pino({ level: "silent" }));
    await untilReady(redis, 10_000);
    const started: RunningProcess[] = [];
    onTestFinished(async () => {
      for (const each of started) await each.stop();
      redis.disconnect();
    });
    const start = async (name: string, env: Record<string, string>) => {
      const process = await startProcess("gateway", name, { ...production, ...env });
      started.push(process);
      return process;
    };
    const [kept, taken] = [await start("gwp", {}), await start("gwd", { NODE_ENV: "development" })];
    const newest = async (name: string) =>
      (await readBoard(redis)).nodes.find((each) => each.name === name)?.at ?? "";
    for (const name of ["gwp", "gwd"]) await eventually(`${name} beats`, () => newest(name), Boolean);
    await Promise.all(["gwp", "gwd"].map((name) => wishHarm(redis, name, "kill")));
    expect(await taken.exited).toBe("SIGKILL");
    // Two more beats, with each of which it would have looked.
    for (const beat of ["one", "two"]) {
      const before = await newest("gwp");
      await eventually(
        `${beat} more beat`,
        () => newest("gwp"),
        (at) => at > before,
      );
    }
    expect(kept.isRunning()).toBe(true);
    expect(await redis.hget("parloir:harms", "gwp")).toMatch(/kill$/);
    expect(await redis.hget("parloir:harms", "gwd")).toBeNull();
  });
});
