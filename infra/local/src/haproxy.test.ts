import http from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxConnections, startHaproxy } from "./haproxy.ts";
import { freePort } from "./ports.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";
import type { StartedServer } from "./unsupervised.ts";

/** A server that tells who it is and what it was sent; its health can be changed. */
async function standIn(name: string) {
  const state = { health: 200, requests: [] as string[], drop: false };
  const server = http.createServer((request, response) => {
    const isCheck = request.url === "/balancer" || request.url === "/readyz";
    response.statusCode = isCheck ? state.health : 200;
    if (!isCheck) {
      state.requests.push(`${request.method} ${request.url}`);
      if (state.drop) return void request.socket.destroy();
    }
    response.end(JSON.stringify({ name, headers: request.headers }));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { name, host: "127.0.0.1", port, state, server };
}

type StandIn = Awaited<ReturnType<typeof standIn>>;
let folder: TemporaryFolder;
let gw1: StandIn;
let gw2: StandIn;
let api1: StandIn;
let api2: StandIn;
let balancer: StartedServer;

beforeAll(async () => {
  folder = await temporaryFolder();
  [gw1, gw2, api1, api2] = await Promise.all([
    standIn("gw1"),
    standIn("gw2"),
    standIn("api1"),
    standIn("api2"),
  ]);
  const port = await freePort();
  const config = {
    mode: "local" as const,
    bind: [`127.0.0.1:${port}`],
    gateways: [gw1, gw2],
    apis: [api1, api2],
    maxconn: 500,
  };
  balancer = await startHaproxy({
    dir: path.join(folder.dir, "haproxy"),
    config,
    url: `http://127.0.0.1:${port}`,
  });
}, 60_000);

afterAll(async () => {
  await balancer.stop();
  for (const { server } of [gw1, gw2, api1, api2]) server.close();
  await folder.remove();
});

async function get(pathAndQuery: string, init: RequestInit = {}) {
  const response = await fetch(`${balancer.url}${pathAndQuery}`, init);
  const text = await response.text();
  return { status: response.status, text, answer: text.startsWith("{") ? JSON.parse(text) : null };
}

/** Asks until the answer is as wished: the balancer notices a change of health by its own clock. */
async function eventually<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("the balancer", { timeout: 60_000 }, () => {
  it("routes a known session to its gateway, without cookies", async () => {
    for (const name of ["gw1", "gw2", "gw1", "gw2"]) {
      const { answer } = await get(`/socket.io/?EIO=4&transport=polling&sid=${name}.abc`);
      expect(answer.name).toBe(name);
    }
  });

  it("sends no new session to a draining gateway and leaves it its own", async () => {
    gw1.state.health = 404;
    const newSession = async () => (await get("/socket.io/?EIO=4&transport=polling")).answer.name as string;
    const fourNew = async () =>
      new Set([await newSession(), await newSession(), await newSession(), await newSession()]);
    await eventually(fourNew, (names) => !names.has("gw1"));
    expect((await get("/socket.io/?sid=gw1.abc")).answer.name).toBe("gw1");
    gw1.state.health = 200;
    await eventually(newSession, (name) => name === "gw1");
  });

  it("sends pages and API to the apis", async () => {
    for (const url of ["/", "/messages", "/api/me", "/openapi.json", "/socket.iox"]) {
      expect((await get(url)).answer.name).toMatch(/^api/);
    }
  });

  it.each(["/metrics", "/internal", "/internal/batch", "//metrics", "/%6detrics", "/internal%2fbatch"])(
    "does not let %s through",
    async (url) => {
      const { status, answer } = await get(url);
      expect(status).toBe(404);
      expect(answer.error.code).toBe("NOT_FOUND");
    },
  );

  it("replaces what the client claims about its address", async () => {
    const forged = { "X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", Forwarded: "for=6.6.6.6" };
    const { answer } = await get("/api/me", { headers: forged });
    expect(answer.headers["x-forwarded-for"]).toBe("127.0.0.1");
    expect(JSON.stringify(answer.headers)).not.toContain("6.6.6.6");
  });

  it("refuses 2,000 headers", async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`x-${index}`, "1"]));
    expect((await get("/api/me", { headers: many })).status).toBe(431);
  });

  it("asks another api when one dies over a read, and never repeats a write", async () => {
    api1.state.drop = true;
    for (let n = 0; n < 4; n += 1) expect((await get("/api/read")).answer.name).toBe("api2");
    // A write that met the dying one ends as 502, or with the connection when that had served before: unknown.
    const write = (n: number) => get(`/api/write/${n}`, { method: "POST", body: "{}" });
    const writes = await Promise.allSettled([0, 1, 2, 3].map(write));
    const seen = [...api1.state.requests, ...api2.state.requests].filter((line) => line.startsWith("POST"));
    expect(seen.toSorted()).toEqual([0, 1, 2, 3].map((n) => `POST /api/write/${n}`));
    const answered = writes.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const { status, answer } of answered.filter(({ status }) => status !== 200)) {
      expect([status, answer.error.code]).toEqual([502, "UNAVAILABLE"]);
    }
    api1.state.drop = false;
  });
});

describe("maxConnections", () => {
  it.each([
    ["1024", 412],
    ["20000", 9_900],
    ["1048576", 50_000],
    ["unlimited", 50_000],
  ])("is half of a hard limit of %s, less some of its own: %i", (hard, expected) => {
    expect(
      maxConnections(`Max open files            1024                 ${hard}                files\n`),
    ).toBe(expected);
  });
});
