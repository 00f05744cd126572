import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { listen } from "@parloir/platform/private-server.ts";
import { afterAll, describe, expect, it } from "vitest";
import { serverKey, startCluster } from "../tests/cluster/cluster.ts";
import { type ScenarioName, scenarios } from "./command/options.ts";
import type { Result } from "./report/result.ts";

/** Each script is run, by a stand-in for k6 (stand-in/run.ts), against two gateways behind the balancer. */
const cluster = await startCluster({ gateways: 2, balancer: true });
const folder = await temporaryFolder();
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

const runner = fileURLToPath(new URL("stand-in/run.ts", import.meta.url));
/** k6's, and the stand-in's. */
const exits = { thresholds: 99, exception: 107, aborted: 108 };
const small = { LOAD_DURATION: "1s", LOAD_RAMP: "0", LOAD_SETTLE: "30" };

/** What makes it small, and the trends of thresholds that a good run has no sample of. */
const cases: Record<ScenarioName, { env: Record<string, string>; unused?: string[] }> = {
  smoke: { env: {} },
  steady: { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12" } },
  "fan-out": { env: { LOAD_ROOMS: "1", LOAD_ROOM_SIZE: "30", LOAD_RATE: "5" } },
  "connect-storm": { env: { LOAD_RATE: "8", LOAD_HOLD: "1s" } },
  "reconnect-storm": { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_DURATION: "2s" } },
  soak: {
    env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_DURATION: "2s" },
    unused: ["parloir_return{transport:websocket}"],
  },
  rest: { env: { LOAD_RATE: "20" } },
  spike: { env: { LOAD_RATE: "20", LOAD_SPIKE: "4", LOAD_DURATION: "3s" } },
  mixed: { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_POLLING: "0.5" } },
};

let runs = 0;

async function start(name: string, env: Record<string, string>) {
  runs += 1;
  const reportDir = path.join(folder.dir, `${name}-${runs}`);
  mkdirSync(reportDir);
  const child = spawn(process.execPath, [runner, name], {
    env: {
      PATH: process.env.PATH,
      LOAD_URL: cluster.url,
      LOAD_SERVER_KEY: serverKey,
      LOAD_RUN: `${name}-${runs}`,
      LOAD_REPORT_DIR: reportDir,
      ...small,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, output, reportDir };
}

async function run(name: string, env: Record<string, string>) {
  const { code, output, reportDir } = await start(name, env);
  const read = (file: string) => {
    const written = path.join(reportDir, file);
    expect(existsSync(written), output).toBe(true);
    return readFileSync(written, "utf8");
  };
  return {
    code,
    output,
    junit: read("junit.xml"),
    page: read("report.html"),
    result: JSON.parse(read("summary.json")) as Result,
  };
}

describe("load-tests/scenarios", () => {
  it("has a script for each name of the command, and a case here", () => {
    expect(Object.keys(cases).toSorted()).toEqual(Object.keys(scenarios).toSorted());
  });

  it.each(Object.entries(cases))(
    "%s runs, loses nothing, and has samples for each of its thresholds",
    { timeout: 180_000 },
    async (name, { env, unused = [] }) => {
      const { code, output, junit, page, result } = await run(name, env);
      expect([0, exits.thresholds], output).toContain(code);
      expect(junit).toContain(`<testcase classname="thresholds"`);
      expect(page).toContain("<h2>Service levels</h2>");
      const { thresholds, checks } = result;
      expect(result.scenarios).toEqual([name.replace("-", "_")]);
      // Speed is for k6 to judge, on a machine that does nothing else.
      const isTime = (metric: string) =>
        /_(connect|ack|delivery|return|duration|iterations|late)\b/.test(metric);
      const dropped = result.metrics.dropped_iterations!.values.count!;
      const isShort = (metric: string) => metric === "parloir_finished" && dropped > 0;
      const broken = thresholds.filter(({ metric, ok }) => !ok && !isTime(metric) && !isShort(metric));
      expect(broken).toEqual([]);
      expect(checks.filter(({ fails }) => fails > 0)).toEqual([]);
      const empty = thresholds.filter(({ measured }) => measured === null).map(({ metric }) => metric);
      expect([...new Set(empty)].filter((metric) => !unused.includes(metric))).toEqual([]);
      expect(thresholds.find(({ metric }) => metric === "parloir_finished")!.measured).toBeGreaterThan(0);
    },
  );
});

describe("a run that measures nothing fails, and says so in its reports", () => {
  const failed = ({ result, junit }: Awaited<ReturnType<typeof run>>) => {
    expect(result).toMatchObject({ passed: false });
    expect(result.thresholds).toContainEqual(
      expect.objectContaining({ metric: "parloir_finished", ok: false }),
    );
    expect(junit).toContain(`<failure message="measured 0"/>`);
  };

  it.each(["steady", "fan-out"] as const)("%s with another key", async (name) => {
    const outcome = await run(name, { ...cases[name].env, LOAD_SERVER_KEY: "another" });
    expect(outcome.code, outcome.output).toBe(exits.aborted);
    expect(outcome.output).toContain("UNAUTHENTICATED");
    failed(outcome);
  });

  it("smoke where nothing listens", async () => {
    const outcome = await run("smoke", { LOAD_URL: "http://127.0.0.1:2" });
    expect(outcome.code, outcome.output).toBe(exits.aborted);
    expect(outcome.output).toContain("PUT http://127.0.0.1");
    failed(outcome);
  });

  it.each(["steady", "fan-out", "rest"] as const)(
    "%s whose people are refused once it has begun",
    async (name) => {
      const before = await startFront(name === "fan-out" ? 33 : 2);
      try {
        const outcome = await run(name, { ...cases[name].env, LOAD_URL: before.url });
        expect(outcome.code, outcome.output).toBe(exits.aborted);
        expect(outcome.output).toContain("403 not any more");
        failed(outcome);
      } finally {
        await before.stop();
      }
    },
  );
});

it.each([
  ["steady", { LOAD_RATE: "60", LOAD_SOCKETS: "12" }],
  ["spike", { LOAD_RATE: "20", LOAD_SPIKE: "10", LOAD_SOCKETS: "40" }],
  ["fan-out", { LOAD_ROOMS: "1", LOAD_ROOM_SIZE: "10", LOAD_RATE: "50" }],
])("%s with too few people for its rate would measure a limit, and does not begin", async (name, env) => {
  const refused = await start(name, env);
  expect(refused.code).not.toBe(0);
  expect(refused.output).toContain("would measure LIMIT_SENDS_PER_SECOND");
});

/** In front of the cluster: hands on so many requests, and refuses all others. */
async function startFront(requests: number) {
  let left = requests;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    left -= 1;
    if (left < 0) {
      response.writeHead(403).end("not any more");
      return;
    }
    const { authorization = "", "content-type": type = "" } = request.headers;
    const answer = await fetch(`${cluster.url}${request.url}`, {
      method: request.method!,
      headers: { authorization, "content-type": type },
      ...(body === "" ? {} : { body }),
    });
    response.writeHead(answer.status).end(await answer.text());
  });
  const port = await listen(server, 0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
