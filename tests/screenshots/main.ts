import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { root, type Stage, startStage } from "../browser/stage.ts";
import { peoplesScenes } from "./peoples-scenes.ts";
import { fillTheDesk, startTraffic, writeToEachOther } from "./prepare.ts";
import type { Scene } from "./scene.ts";
import { teamScenes } from "./team-scenes.ts";

/**
 * `npm run screenshots`: every page in the states that people meet, before a cluster of its own, in both themes, both
 * languages and on a phone, to docs/images. Ends with 1 when axe finds something serious in one of them, or when a state does not come about.
 * `-- marketplace portal` takes only those whose names begin so.
 */
const images = path.join(root, "docs/images");
const wanted = process.argv.slice(2);
const isWanted = ({ name }: Scene) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix));
const waitMs = 45_000;

type Visit = Pick<Scene, "person" | "path" | "view">;

async function open(stage: Stage, scene: Visit): Promise<Page> {
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
  // The statistics have no connection: they ask once.
  const arrived = '[data-testid="connection"][data-status="online"], [data-testid="stats"]';
  await page.locator(arrived).waitFor({ state: "attached" });
  return page;
}

async function take(stage: Stage, scene: Scene): Promise<string[]> {
  const pages: Page[] = [];
  const come = async (visit: Visit) => {
    const page = await open(stage, visit);
    pages.push(page);
    return page;
  };
  try {
    const page = await come(scene);
    await scene.act?.(page, (person, path) => come({ person, path }));
    await rest(page, scene);
    const picture = await page.screenshot({ fullPage: scene.isWhole ?? false });
    // A third of the size: what is drawn has few colours.
    await sharp(picture)
      .png({ palette: true, effort: 10 })
      .toFile(path.join(images, `${scene.name}.png`));
    const { violations } = await new AxeBuilder({ page }).analyze();
    await scene.end?.(page);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${scene.name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  } finally {
    for (const page of pages) await page.context().close();
  }
}

/** What comes when the page is idle has come, and whatever fades in has done so. */
async function rest(page: Page, { isBusy = false }: Scene): Promise<void> {
  if (!isBusy) await page.waitForLoadState("networkidle");
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    await Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)));
  });
}

await mkdir(images, { recursive: true });
const stage = await startStage();
const findings: string[] = [];
let endTraffic = async () => undefined as unknown;
try {
  await writeToEachOther((scene) => open(stage, scene));
  await fillTheDesk(stage);
  endTraffic = await startTraffic(stage);
  for (const scene of [...peoplesScenes, ...teamScenes].filter(isWanted)) {
    // The others are worth seeing all the same.
    const found = await take(stage, scene).catch((error: unknown) => [`${scene.name}: ${error}`]);
    findings.push(...found);
    process.stdout.write(`${scene.name}${found.length > 0 ? " ✗" : ""}\n`);
  }
} finally {
  await endTraffic();
  await stage.stop();
}
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.exitCode = findings.length > 0 ? 1 : 0;
