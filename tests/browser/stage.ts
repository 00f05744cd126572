import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { ClusterDescription, ClusterProcess } from "@parloir/local/cluster-file.ts";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import pg from "pg";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";
import { Visitor } from "./visitor.ts";

/** `npm start`, as a person would, and a real browser before it. */
export interface Stage {
  url: string;
  /** As cluster.json says at this moment. */
  processes: () => ClusterProcess[];
  database: pg.Client;
  browser: Browser;
  /** One person in a browser of their own, or in one that is open already. */
  visitor: (context?: BrowserContext) => Promise<Visitor>;
  stop: () => Promise<void>;
}

export const root = path.resolve(import.meta.dirname, "../..");

export const chromiumArgs = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A microphone that beeps, allowed without a question; sound without a click before.
  // And a camera: a few pictures a second, because two calls' worth of them are coded by the CPU that all tests share.
  "--use-fake-device-for-media-stream=fps=5",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: chromiumArgs });
}

export async function startStage(
  view: BrowserContextOptions = {},
  env: Record<string, string> = {},
): Promise<Stage> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const args = ["infra/local/src/main.ts", "--port", String(port), "--data", folder.dir, "--json"];
  const launcher = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: launcher.stdout })) {
    said.push(line);
    if (line.includes('"event":"ready"')) break;
  }
  // What it says later must be read too: a full pipe would stop it.
  launcher.stdout.resume();
  if (!said.at(-1)?.includes('"event":"ready"')) throw new Error(`npm start ended:\n${said.join("\n")}`);
  const processes = () => {
    const file = readFileSync(path.join(folder.dir, "cluster.json"), "utf8");
    return (JSON.parse(file) as ClusterDescription).processes;
  };
  const database = new pg.Client({
    connectionString: processes().find(({ role }) => role === "postgres")!.url!,
  });
  await database.connect();
  const browser = await launchBrowser();
  return {
    url,
    processes,
    database,
    browser,
    async visitor(context) {
      const own = context ?? (await browser.newContext({ viewport: { width: 1_200, height: 800 }, ...view }));
      return new Visitor(await own.newPage(), url);
    },
    async stop() {
      await browser.close();
      await database.end();
      if (launcher.exitCode === null) {
        launcher.kill("SIGTERM");
        await once(launcher, "exit");
      }
      await folder.remove();
    },
  };
}

/** The sockets of all gateways, as they count them; those of their own canaries are among them. */
export async function openSockets({ processes }: Stage): Promise<number> {
  const gateways = processes().filter(({ role }) => role === "gateway");
  const texts = await Promise.all(gateways.map(async ({ metricsUrl }) => (await fetch(metricsUrl!)).text()));
  return texts.reduce(
    (sum, text) => sum + Number(/^parloir_sockets(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1]),
    0,
  );
}
