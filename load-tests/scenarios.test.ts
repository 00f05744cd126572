import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@parloir/local/temporary.ts";
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
const small = { LOAD_DURATION: "1s", LOAD_RAMP: "0", LOAD_SETTLE: "30" };

/** What makes it small, and the metrics of thresholds that a good run has no sample of. */
const cases: Record<ScenarioName, { env: Record<string, string>; unused?: string[] }> = {
  smoke: { env: {} },
  steady: { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12" } },
  "fan-out": { env: { LOAD_ROOMS: "1", LOAD_ROOM_SIZE: "30", LOAD_RATE: "5" } },
  "connect-storm": { env: { LOAD_RATE: "8", LOAD_HOLD: "1s" }, unused: ["dropped_iterations"] },
  "reconnect-storm": { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_DURATION: "2s" } },
  soak: {
    env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_DURATION: "2s" },
    unused: ["parloir_return{transport:websocket}"],
  },
  rest: { env: { LOAD_RATE: "20" }, unused: ["dropped_iterations"] },
  spike: { env: { LOAD_RATE: "20", LOAD_SPIKE: "4", LOAD_DURATION: "3s" } },
  mixed: { env: { LOAD_RATE: "24", LOAD_SOCKETS: "12", LOAD_POLLING: "0.5" } },
};

async function run(name: string, env: Record<string, string>): Promise<Result> {
  const reportDir = path.join(folder.dir, name);
  mkdirSync(reportDir);
  const child = spawn(process.execPath, [runner, name], {
    env: {
      PATH: process.env.PATH,
      LOAD_URL: cluster.url,
      LOAD_SERVER_KEY: serverKey,
      LOAD_RUN: name,
      LOAD_REPORT_DIR: reportDir,
      ...small,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, output).toBe(0);
  const read = (file: string) => readFileSync(path.join(reportDir, file), "utf8");
  expect(read("junit.xml")).toContain(`<testcase classname="thresholds"`);
  expect(read("report.html")).toContain("<h2>Service levels</h2>");
  return JSON.parse(read("summary.json")) as Result;
}

describe("load-tests/scenarios", () => {
  it("has a script for each name of the command, and a case here", () => {
    expect(Object.keys(cases).toSorted()).toEqual(Object.keys(scenarios).toSorted());
  });

  it.each(Object.entries(cases))(
    "%s runs, loses nothing, and has samples for each of its thresholds",
    { timeout: 180_000 },
    async (name, { env, unused = [] }) => {
      const { thresholds, checks } = await run(name, env);
      // Speed is for k6 to judge, on a machine that does nothing else.
      const isTime = (metric: string) => /_(connect|ack|delivery|return|duration|iterations)\b/.test(metric);
      expect(thresholds.filter(({ metric, ok }) => !ok && !isTime(metric))).toEqual([]);
      expect(checks.filter(({ fails }) => fails > 0)).toEqual([]);
      const empty = thresholds.filter(({ measured }) => measured === null).map(({ metric }) => metric);
      expect([...new Set(empty)].filter((metric) => !unused.includes(metric))).toEqual([]);
    },
  );
});
