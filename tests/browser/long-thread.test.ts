import { afterAll, beforeAll, expect, it } from "vitest";
import { conversationOf, fillThread } from "./long-thread.ts";
import { type Stage, startStage } from "./stage.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** A thread of 10,000 messages: where things stand, not how fast. How smoothly it scrolls: `npm run bench:pages`. */
const count = 10_000;
let stage: Stage;
let tom: Visitor;
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
  tom = await stage.visitor();
  await tom.signIn("demo-tom");
  await tom.writeTo("demo-zoe");
  const id = await conversationOf(stage.database, "demo-tom", "demo-zoe");
  await fillThread(stage.database, id, ["demo-tom", "demo-zoe"], count);
  await tom.page.goto(`${stage.url}/messages?conversation=${id}`);
  await tom.bubble(`Message ${count}`).waitFor();
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

const scroller = () => tom.page.locator('[data-testid="messages"] [data-virtuoso-scroller="true"]');

/** The text of the first bubble that is in sight, and where it stands in the window. */
const firstInSight = () =>
  scroller().evaluate((element) => {
    const top = element.getBoundingClientRect().top;
    for (const bubble of element.querySelectorAll('[data-testid="bubble"]')) {
      const at = bubble.getBoundingClientRect();
      if (at.top >= top) return { text: bubble.textContent ?? "", at: at.top };
    }
    return null;
  });

const placeOf = (text: string) =>
  scroller().evaluate((element, wanted) => {
    const found = [...element.querySelectorAll('[data-testid="bubble"]')].find(
      (bubble) => bubble.textContent === wanted,
    );
    return found ? found.getBoundingClientRect().top : null;
  }, text);

/** How many history pages the page has asked for. */
function countPages(): () => number {
  let pages = 0;
  tom.page.on("response", (response) => {
    if (response.url().includes("&before=")) pages += 1;
  });
  return () => pages;
}

it("holds what one reads in its place while older messages load above it", { timeout: 180_000 }, async () => {
  const pages = countPages();
  await scroller().hover();
  // Held back until the place was noted: what comes must not move it.
  const held: (() => void)[] = [];
  await tom.page.route(/&before=/, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue();
  });
  for (let wanted = 1; wanted <= 6; wanted++) {
    while (held.length === 0) await tom.page.mouse.wheel(0, -400);
    await settled();
    const before = (await firstInSight())!;
    for (const release of held.splice(0)) release();
    await expect.poll(pages, { timeout: waitMs }).toBeGreaterThanOrEqual(wanted);
    await tom.page.locator(".thread-edge", { hasText: /\S/ }).waitFor({ state: "detached" });
    await settled();
    const after = await placeOf(before.text);
    expect(after, before.text).not.toBeNull();
    // A browser rounds to parts of a pixel.
    expect(Math.abs(after! - before.at)).toBeLessThanOrEqual(2);
  }
  await tom.page.unrouteAll({ behavior: "ignoreErrors" });
  for (const release of held) release();
});

it("keeps few rows however many are loaded, and the newest is one press away", async () => {
  const rows = await tom.page.locator('[data-testid="message"]').count();
  expect(rows).toBeLessThan(120);
  await tom.page.locator('[data-testid="to-latest"]').click();
  await tom.bubble(`Message ${count}`).waitFor();
  await tom.say("And one more");
  await tom.bubble("And one more").waitFor();
  await expect
    .poll(() => tom.page.locator('[data-testid="messages"]').getAttribute("data-at-bottom"), {
      timeout: waitMs,
    })
    .toBe("true");
  expect(tom.problems).toEqual([]);
});

/** The list has measured its rows and moves no more: the same twice, frames apart. */
async function settled(): Promise<void> {
  let before = "";
  await expect
    .poll(
      async () => {
        await tom.page.evaluate(
          () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
        );
        const present = JSON.stringify(await firstInSight());
        const isSame = present === before;
        before = present;
        return isSame;
      },
      { timeout: waitMs },
    )
    .toBe(true);
}
