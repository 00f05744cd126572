import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { root, type Stage, startStage } from "../browser/stage.ts";
import { type Scene, scenes } from "./scenes.ts";

/**
 * `npm run screenshots`: every page and state before a cluster of its own, in both themes, both languages and on a
 * phone, to docs/images. Ends with 1 when axe finds something serious in one of them, or when a state does not come about.
 * `-- marketplace portal` takes only those whose names begin so.
 */
const images = path.join(root, "docs/images");
const wanted = process.argv.slice(2);
const isWanted = ({ name }: Scene) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix));
const waitMs = 45_000;

async function open(stage: Stage, scene: Pick<Scene, "person" | "path" | "view">): Promise<Page> {
  const context = await stage.browser.newContext({ viewport: { width: 1_200, height: 800 }, ...scene.view });
  await context.grantPermissions(["microphone", "camera"]);
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  if (scene.person === null) {
    await page.goto(`${stage.url}${scene.path}`);
    await page.getByRole("heading").first().waitFor();
    return page;
  }
  await page.goto(`${stage.url}/sign-in?next=${scene.path}`);
  await page.locator(`[data-demo-account="${scene.person}"]`).click();
  await page.locator('[data-testid="connection"][data-status="online"]').waitFor({ state: "attached" });
  return page;
}

/** Three conversations, one of them with everything that a thread can show. */
async function prepare(stage: Stage): Promise<void> {
  const say = async (page: Page, text: string) => {
    const composer = page.locator('[data-testid="composer"]');
    await composer.fill(text);
    await composer.press("Enter");
    await page.locator('[data-testid="bubble"]', { hasText: text }).waitFor();
  };
  const writeTo = async (page: Page, person: string, name: string) => {
    await page.locator('[data-testid="new-conversation"]').click();
    await page.locator(`[data-person="${person}"]`).click();
    // The former thread's composer would take the words.
    await page.locator('[data-testid="thread"] h1', { hasText: name }).waitFor();
  };
  const [tom, zoe] = [
    await open(stage, { person: "demo-tom", path: "/messages" }),
    await open(stage, { person: "demo-zoe", path: "/messages" }),
  ];
  await writeTo(tom, "demo-zoe", "Zoé");
  await say(tom, "Hello Zoé, the bicycle is still there. It has new tyres and a bell.");
  await say(tom, "You can try it whenever you like.");
  await zoe.locator('[data-testid="conversation"]').click();
  await zoe.locator('[data-testid="bubble"]').first().hover();
  await zoe.locator('[data-testid="message-menu"]').first().click();
  await zoe.getByRole("menuitem", { name: /😂/ }).click();
  await zoe.locator('[data-testid="bubble"]').nth(1).hover();
  await zoe.locator('[data-testid="message-menu"]').nth(1).click();
  await zoe.getByRole("menuitem", { name: /Reply/ }).click();
  await say(zoe, "Wonderful! Could I come tomorrow, around six?");
  await say(tom, "Tomorrow at six. The address: https://example.org/atelier");
  await writeTo(zoe, "demo-sam", "Sam");
  await say(zoe, "What does the savings account pay this year?");
  const lea = await open(stage, { person: "demo-lea", path: "/messages" });
  await writeTo(lea, "demo-zoe", "Zoé");
  await say(lea, "I am at your door at nine, for the leak under the sink.");
  for (const page of [tom, zoe, lea]) await page.context().close();
}

async function take(stage: Stage, scene: Scene): Promise<string[]> {
  const page = await open(stage, scene);
  await scene.act?.(page);
  // What comes when the page is idle has come.
  await page.waitForLoadState("networkidle");
  // Whatever fades in has done so.
  await page.evaluate(async () => {
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
  });
  await page.screenshot({ path: path.join(images, `${scene.name}.png`) });
  const { violations } = await new AxeBuilder({ page }).analyze();
  await page.context().close();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${scene.name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

await mkdir(images, { recursive: true });
const stage = await startStage();
const findings: string[] = [];
try {
  await prepare(stage);
  for (const scene of scenes.filter(isWanted)) {
    // The others are worth seeing all the same.
    const found = await take(stage, scene).catch((error: unknown) => [`${scene.name}: ${error}`]);
    findings.push(...found);
    process.stdout.write(`${scene.name}${found.length > 0 ? " ✗" : ""}\n`);
  }
} finally {
  await stage.stop();
}
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.exitCode = findings.length > 0 ? 1 : 0;
