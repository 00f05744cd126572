import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import type { ClusterDescription } from "@parloir/local/cluster-file.ts";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import pg from "pg";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const folder = await temporaryFolder();
const port = await freePort();
const url = `http://localhost:${port}`;
const screenshots = path.join(root, "docs/images");
const waitMs = 30_000;

let launcher: ChildProcess;
let browser: Browser;
let database: pg.Client;

/** `npm start`, as a person would. */
beforeAll(async () => {
  const args = ["infra/local/src/main.ts", "--port", String(port), "--data", folder.dir, "--json"];
  launcher = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  for await (const line of createInterface({ input: launcher.stdout! })) {
    said.push(line);
    if (line.includes('"event":"ready"')) break;
  }
  // What it says later must be read too: a full pipe would stop it.
  launcher.stdout!.resume();
  if (!said.at(-1)?.includes('"event":"ready"')) throw new Error(`npm start ended:\n${said.join("\n")}`);
  const file = await readFile(path.join(folder.dir, "cluster.json"), "utf8");
  const { processes } = JSON.parse(file) as ClusterDescription;
  database = new pg.Client({ connectionString: processes.find(({ role }) => role === "postgres")!.url! });
  await database.connect();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await database?.end();
  if (launcher && launcher.exitCode === null) {
    launcher.kill("SIGTERM");
    await once(launcher, "exit");
  }
  await folder.remove();
}, 90_000);

/** One person in a browser of their own, and what goes wrong in their page. */
class Visitor {
  readonly page: Page;
  readonly problems: string[] = [];
  private node: string | null = null;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(waitMs);
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        this.node = /^42\["ready".*"nodeId":"([^"]+)"/.exec(String(payload))?.[1] ?? this.node;
      }),
    );
  }

  async signIn(account: string): Promise<void> {
    await this.page.goto(`${url}/sign-in`);
    await this.page.locator(`[data-demo-account="${account}"]`).click();
    await this.online();
  }

  /** The gateway that said `ready` to this page. */
  async online(): Promise<string> {
    await this.page.locator('[data-testid="connection"][data-status="online"]').waitFor();
    await expect.poll(() => this.node, { timeout: waitMs }).not.toBeNull();
    return this.node!;
  }

  async reload(): Promise<string> {
    this.node = null;
    await this.page.reload();
    return this.online();
  }

  bubble(text: string) {
    return this.page.locator('[data-testid="bubble"]', { hasText: text });
  }
}

async function visitor(): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1_200, height: 800 } });
  return new Visitor(await context.newPage());
}

describe("two people, each in a browser of their own", () => {
  it("talk across two gateways, and what was sent is in Postgres", { timeout: 180_000 }, async () => {
    const [tom, zoe] = [await visitor(), await visitor()];
    await tom.signIn("demo-tom");
    await zoe.signIn("demo-zoe");
    // The balancer gives the second the emptier gateway; should it not, Zoé comes again.
    const toms = await tom.online();
    let zoes = await zoe.online();
    for (let n = 0; zoes === toms && n < 10; n++) zoes = await zoe.reload();
    expect(zoes).not.toBe(toms);

    await tom.page.locator('[data-testid="new-conversation"]').click();
    await tom.page.locator('[data-person="demo-zoe"]').click();
    const composer = tom.page.locator('[data-testid="composer"]');
    await composer.pressSequentially("Hello Zoé, is the bike still there?");
    await zoe.page.locator('[data-testid="conversation"]').click();
    await composer.pressSequentially(" 🚲");
    await expect
      .poll(() => zoe.page.locator('[data-testid="typing"]').textContent(), { timeout: waitMs })
      .toContain("Tom");
    await composer.press("Enter");

    const text = "Hello Zoé, is the bike still there? 🚲";
    await zoe.bubble(text).waitFor();
    const { rows } = await database.query("SELECT sender_id, content, seq::int FROM messages");
    expect(rows).toEqual([{ sender_id: "demo-tom", content: text, seq: 1 }]);
    // Zoé has it before her eyes.
    await tom.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();
    await expect
      .poll(async () => (await database.query("SELECT last_read_seq::int AS seq FROM members")).rows, {
        timeout: waitMs,
      })
      .toEqual([{ seq: 1 }, { seq: 1 }]);

    // Tom looks elsewhere: the answer is announced in his list.
    await tom.page.goto(`${url}/messages`);
    await tom.online();
    await zoe.page.locator('[data-testid="composer"]').fill("Oui, venez quand vous voulez.");
    await zoe.page.locator('[data-testid="send"]').click();
    await tom.page.locator('[data-testid="conversation"] [data-testid="unread"]').waitFor();
    await tom.page.locator('[data-testid="conversation"]').click();
    await tom.bubble("Oui, venez quand vous voulez.").waitFor();
    await tom.page.locator('[data-testid="unread"]').waitFor({ state: "detached" });
    await zoe.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();

    // Both have the same thread, once and in order; also after coming back.
    for (const { page } of [tom, zoe]) {
      await page.reload();
      await expect
        .poll(() => page.locator('[data-testid="bubble"]').allTextContents(), { timeout: waitMs })
        .toEqual([text, "Oui, venez quand vous voulez."]);
    }
    expect([...tom.problems, ...zoe.problems]).toEqual([]);
    if (process.env.UPDATE_SCREENSHOTS === "1") {
      await mkdir(screenshots, { recursive: true });
      await tom.page.screenshot({ path: path.join(screenshots, "messages.png") });
    }
  });
});
