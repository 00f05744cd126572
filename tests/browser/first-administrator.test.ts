import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { startHaproxy } from "@parloir/local/haproxy.ts";
import { processEnvironment } from "@parloir/local/options.ts";
import { freePort } from "@parloir/local/ports.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { buildWeb } from "@parloir/local/web-build.ts";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compose, environmentOf, root } from "../../infra/docker/compose-file.ts";
import { writeSecrets } from "../../infra/docker/secrets.ts";
import { type RunningProcess, startProcess } from "../cluster/process.ts";
import { cloneDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";
import { chromiumArgs } from "./stage.ts";

/**
 * From a fresh installation to an administrator before the metrics page, as docs/operations.md says it: processes in
 * production mode with the environment that docker-compose.yml gives them and with secrets made as there. Of this test
 * are only addresses and folders.
 */
type Step = () => unknown;
/** Four processes at once, each of which compiles its code, and a browser, on a machine that has other work. */
const patienceMs = 120_000;
const undo: Step[] = [];
let secrets: string;
let url: string;
let api: Record<string, string>;
let worker: RunningProcess;
let browser: Browser;

beforeAll(async () => {
  const folder = await temporaryFolder();
  undo.push(() => folder.remove());
  const database = await cloneDatabase();
  undo.push(() => database.drop());
  secrets = path.join(folder.dir, "secrets");
  mkdirSync(secrets);
  const keep = (name: string, value: string) => writeFileSync(path.join(secrets, name), value);
  keep("database-url", database.url);
  for (const name of ["redis", "queue-redis"]) {
    const redis = await startRedis({ dir: path.join(folder.dir, name), appendonly: name === "queue-redis" });
    undo.push(() => redis.stop());
    keep(`${name}-url`, redis.url);
  }
  writeSecrets(secrets);
  await buildWeb(root, processEnvironment());

  const port = await freePort();
  url = `http://localhost:${port}`;
  const processes: RunningProcess[] = [];
  const start = async (service: string, own: Record<string, string>) => {
    const role = service.replace(/\d$/, "") as "gateway" | "api" | "worker";
    const written = environmentOf(compose.services[service]!, secrets, { PUBLIC_URL: url });
    const environment = { ...written, HOST: "127.0.0.1", ...own };
    const process = await startProcess(role, written.NODE_NAME!, environment);
    processes.push(process);
    undo.push(() => process.stop());
    return { environment, process };
  };
  const { environment, process } = await start("api1", {
    WEB_ROOT: path.join(root, "web/dist"),
    ATTACHMENT_DIR: path.join(folder.dir, "attachments"),
  });
  api = { ...environment, PORT: String(process.port) };
  const API_URLS = `http://127.0.0.1:${process.privatePort}`;
  for (const service of ["gateway1", "gateway2"]) await start(service, { API_URLS });
  ({ process: worker } = await start("worker1", {}));
  const state = async ({ privatePort, isRunning }: RunningProcess) => {
    if (!isRunning()) return "ended";
    const answer = await fetch(`http://127.0.0.1:${privatePort}/readyz`).catch(() => null);
    return answer?.ok ? "ready" : "starting";
  };
  for (const each of processes) {
    const reached = await eventually(
      each.name,
      () => state(each),
      (now) => now !== "starting",
      patienceMs,
    );
    if (reached !== "ready") throw new Error(`${each.name} ended: ${await each.exited}`);
  }

  const targets = (prefix: string) =>
    processes
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, port }) => ({ name, host: "127.0.0.1", port }));
  const haproxy = await startHaproxy({
    dir: path.join(folder.dir, "haproxy"),
    config: {
      mode: "production",
      bind: [`127.0.0.1:${port}`],
      gateways: targets("gw"),
      apis: targets("api"),
      maxconn: 500,
    },
    url,
  });
  undo.push(() => haproxy.stop());
  browser = await chromium.launch({
    executablePath: globalThis.process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: chromiumArgs,
  });
  undo.push(() => browser.close());
}, 360_000);
afterAll(async () => {
  for (const step of undo.reverse()) await step();
}, 90_000);

/** The command of the document, beside the api as `docker compose exec` runs it. */
async function makeAdministrator(): Promise<{ email: string; password: string }> {
  const text = readFileSync(path.join(root, "docs/operations.md"), "utf8");
  const words = /^docker compose exec api1 node (\S+\/main\.ts) (\S+) (\S+)$/m.exec(text)!.slice(1);
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env: api });
  return {
    email: /e-mail: +(\S+)/.exec(stdout)![1]!,
    password: /password: +(\S+)/.exec(stdout)![1]!,
  };
}

it("an administrator is made, signs in, stays signed in, and sees every process on the metrics page", {
  timeout: 300_000,
}, async () => {
  const { email, password } = await makeAdministrator();
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  await page.goto(`${url}/admin/metrics`);
  const signIn = async () => {
    await page.locator('input[name="email"]').fill(email);
    await page.locator('input[name="password"]').fill(password);
    await page.locator('[data-testid="password-form"] button[type="submit"]').click();
  };
  const seesAll = async () => {
    for (const name of ["gw1", "gw2", "api1", "worker1"])
      await page.locator(`[data-testid="node-${name}"] [data-state="ready"]`).waitFor();
  };
  await signIn();
  await seesAll();
  // Another tab has nothing but the cookie.
  const other = await context.newPage();
  await other.goto(`${url}/admin/metrics`);
  await other.locator('[data-testid="node-gw1"] [data-state="ready"]').waitFor();

  // Who has lost the password gets another one, and the sessions of the old one are over.
  const again = await makeAdministrator();
  expect([again.email, again.password === password]).toEqual([email, false]);
  await page.goto(`${url}/sign-in`);
  const answer = await fetch(new URL("/api/session", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  expect(answer.status).toBe(401);
});

it("and the board of queues opens with the password of the installation, and with no other", async () => {
  const board = `http://127.0.0.1:${worker.privatePort}/queues/`;
  const ask = async (password: string) => {
    const authorization = `Basic ${Buffer.from(`ana:${password}`).toString("base64")}`;
    return (await fetch(board, { headers: { authorization } })).status;
  };
  expect(await ask("dev-queue-board")).toBe(401);
  expect(await ask(readFileSync(path.join(secrets, "queue-board-password"), "utf8"))).toBe(200);
});
