import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import WebSocket from "ws";
import type { Target } from "./targets/target.ts";

/**
 * Profiles running Node processes without a restart: SIGUSR1 makes Node open its inspector (on a free port, see
 * `inspectable`), whose port is then read from /proc.
 */
export async function profileNodes(target: Target, seconds: number, dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const nodes = target.processes().filter((process) => process.isNode);
  const tops = await Promise.all(
    nodes.map(async ({ name, pid }) => {
      const profile = await profileOf(pid, seconds);
      writeFileSync(join(dir, `${target.name}-${name}.cpuprofile`), JSON.stringify(profile));
      return `${target.name} ${name}: self time\n${topSelfTimes(profile).join("\n")}`;
    }),
  );
  return tops.join("\n\n");
}

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
}

const linesShown = 30;

/** The functions that most samples ended in, as per cent of the samples that were not idle. */
export function topSelfTimes(profile: Profile): string[] {
  const labels = new Map(profile.nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
  const counts = new Map<string, number>();
  for (const sample of profile.samples) {
    const label = labels.get(sample)!;
    if (label !== "(idle)" && label !== "(root)") counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const busy = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const lines = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, linesShown)
    .map(([label, count]) => `${((100 * count) / busy).toFixed(1).padStart(6)} %  ${label}`);
  return [`busy ${((100 * busy) / profile.samples.length).toFixed(0)} % of the time`, ...lines];
}

function labelOf({ functionName, url, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  const place = url.replace(/^.*\/node_modules\//, "").replace(/^file:\/\/.*?\/(?=[^/]+\/src\/)/, "");
  return place === "" ? functionName : `${functionName || "(anonymous)"} ${place}:${lineNumber + 1}`;
}

async function profileOf(pid: number, seconds: number): Promise<Profile> {
  process.kill(pid, "SIGUSR1");
  const [page] = (await inspectorPages(pid)) as { webSocketDebuggerUrl: string }[];
  const ws = new WebSocket(page!.webSocketDebuggerUrl, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    ws.on("open", resolve);
    ws.on("error", reject);
  });
  const answers = new Map<number, (result: { profile: Profile }) => void>();
  ws.on("message", (data) => {
    const { id, result } = JSON.parse(String(data));
    answers.get(id)?.(result);
  });
  let lastId = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<{ profile: Profile }>((resolve) => {
      lastId += 1;
      answers.set(lastId, resolve);
      ws.send(JSON.stringify({ id: lastId, method, params }));
    });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: 500 });
  await call("Profiler.start");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const { profile } = await call("Profiler.stop");
  ws.terminate();
  return profile;
}

/** Asks every port the process listens on for its inspector's list, until one answers. */
async function inspectorPages(pid: number): Promise<unknown> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    for (const port of listeningPorts(pid)) {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
      const pages = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
      if (Array.isArray(pages) && pages[0]?.webSocketDebuggerUrl) return pages;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`process ${pid} opened no inspector`);
}

function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(
      (fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? [],
    ),
  );
  const rows = readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1);
  const listening = "0A";
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[3] === listening && inodes.has(cells[9]!))
    .map((cells) => Number.parseInt(cells[1]!.split(":")[1]!, 16));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
