import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { png } from "../cluster/uploads.ts";
import { expectAccessible } from "./accessible.ts";
import { directBetween, host, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** How the people's pages look: by night, from right to left, and in other zones of the world. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function arrive(account: string, path: string, view: BrowserContextOptions = {}): Promise<Page> {
  const context = await stage.browser.newContext({ viewport: { width: 1_200, height: 800 }, ...view });
  const visitor = await stage.visitor(context);
  visitors.push(visitor);
  await visitor.page.goto(`${stage.url}/sign-in?next=${encodeURIComponent(path)}`);
  await visitor.page.locator(`[data-demo-account="${account}"]`).click();
  await visitor.connected();
  return visitor.page;
}

const by = (page: Page, id: string) => page.locator(`[data-testid="${id}"]`);
const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const [light, dark] = ["rgb(255, 255, 255)", "rgb(15, 23, 42)"];

async function conversation(one: string, other: string, ...texts: string[]): Promise<string> {
  const id = await directBetween(stage.url, one, other);
  for (const text of texts) await sendAs(stage.url, one, id, text);
  return id;
}
const addressOf = (id: string) => `/messages?conversation=${id}`;

describe("the dark theme", () => {
  it("can be read on every page of people", { timeout: 240_000 }, async () => {
    const id = await conversation("demo-tom", "demo-zoe", "Is it still there? https://example.org");
    const page = await arrive("demo-zoe", addressOf(id), { colorScheme: "dark" });
    await by(page, "bubble").waitFor();
    await by(page, "composer").fill("It is.");
    await by(page, "composer").press("Enter");
    await by(page, "delivery").waitFor();
    expect(await background(page)).toBe(dark);
    await expectAccessible(page);
    await by(page, "bubble").first().hover();
    await by(page, "message-menu").first().click();
    await page.getByRole("menu").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await by(page, "new-conversation").click();
    await page.locator("[data-person]").first().waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.context().setOffline(true);
    await by(page, "offline-notice").waitFor();
    await expectAccessible(page);
    await page.context().setOffline(false);

    await page.goto(`${stage.url}/marketplace`);
    await by(page, "contact-seller").first().click();
    await by(page, "composer").waitFor();
    await expectAccessible(page);
    await page.goto(`${stage.url}/portal`);
    // What is told before the page is connected makes no toast.
    await page.locator('[data-testid="connection"][data-status="online"]').waitFor();
    await by(page, "act-as-host").click();
    await page.locator("[data-sonner-toast]").first().waitFor();
    await expectAccessible(page);
    await page.goto(`${stage.url}/bank`);
    await by(page, "widget-launcher").click();
    await by(page, "new-conversation").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("[data-demo-account]").first().waitFor();
    await expectAccessible(page);
  });

  it("is chosen by hand too, stays chosen, and leaves it to the system again", {
    timeout: 120_000,
  }, async () => {
    const page = await arrive("demo-lea", "/messages");
    expect(await background(page)).toBe(light);
    await by(page, "theme-switch").selectOption("dark");
    expect(await background(page)).toBe(dark);
    await page.reload();
    await by(page, "new-conversation").waitFor();
    expect(await background(page)).toBe(dark);
    expect(await by(page, "theme-switch").inputValue()).toBe("dark");
    // And the other way round, against the system.
    await page.emulateMedia({ colorScheme: "dark" });
    await by(page, "theme-switch").selectOption("light");
    expect(await background(page)).toBe(light);
    await by(page, "theme-switch").selectOption("system");
    expect(await background(page)).toBe(dark);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background(page)).toBe(light);
  });
});

describe("from right to left", () => {
  it("arrows point the other way, and so do the keys between pictures", { timeout: 180_000 }, async () => {
    const id = await conversation("demo-sam", "demo-zoe", "Three pictures, please.");
    const page = await arrive("demo-zoe", addressOf(id));
    // Narrow, so that there is a way back.
    await page.setViewportSize({ width: 600, height: 800 });
    const icons = { back: ".thread-head .only-phone svg", send: '[data-testid="send"] svg' };
    const scales = () =>
      Promise.all(
        Object.values(icons).map((icon) => page.locator(icon).evaluate((svg) => getComputedStyle(svg).scale)),
      );
    await by(page, "composer").waitFor();
    expect(await scales()).toEqual(["none", "none"]);
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
    });
    expect(await scales()).toEqual(["-1 1", "-1 1"]);
    // What does not point along the line stays as it is.
    const clip = page.locator(".composer .button-quiet svg").first();
    expect(await clip.evaluate((svg) => getComputedStyle(svg).scale)).toBe("none");

    const buffer = png(300, 200);
    const files = ["1.png", "2.png", "3.png"].map((name) => ({ name, mimeType: "image/png", buffer }));
    await by(page, "file-picker").setInputFiles(files);
    await page.locator('[data-testid="send"][aria-disabled="false"]').click();
    await by(page, "picture").first().click();
    const count = page.locator(".viewer-count");
    await expect.poll(() => count.textContent(), { timeout: waitMs }).toBe("1 / 3");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => count.textContent(), { timeout: waitMs }).toBe("2 / 3");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => count.textContent(), { timeout: waitMs }).toBe("3 / 3");
  });
});

describe("beside words from right to left", () => {
  it("hours and our own sentences keep their order", { timeout: 120_000 }, async () => {
    const memberIds = ["demo-zoe", "demo-tom", "demo-lea"];
    const subject = { type: "order", id: "7", title: "Order 7" };
    const body = { kind: "group", memberIds, subject };
    const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", body);
    await sendAs(stage.url, "demo-tom", id, "שלום");
    await host(stage.url, "DELETE", `/api/messages/conversations/${id}/members/demo-lea`, {});
    const page = await arrive("demo-zoe", addressOf(id), { locale: "en-US" });
    await by(page, "system-line").waitFor();
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
    });
    /** Where a word of it stands, from the left. */
    const placeOf = (selector: string, word: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element, wanted) => {
          const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
          for (let text = texts.nextNode(); text; text = texts.nextNode()) {
            const at = text.nodeValue?.indexOf(wanted) ?? -1;
            if (at < 0) continue;
            const range = new Range();
            range.setStart(text, at);
            range.setEnd(text, at + wanted.length);
            return range.getBoundingClientRect().x;
          }
          return Number.NaN;
        }, word);
    const line = '[data-testid="system-line"]';
    expect(await placeOf(line, "Léa")).toBeLessThan(await placeOf(line, "no longer"));
    const hour = ".message-meta time";
    const half = /[AP]M/.exec((await page.locator(hour).first().textContent()) ?? "")![0];
    expect(await placeOf(hour, ":")).toBeLessThan(await placeOf(hour, half));
  });
});

describe("a message's day and hour", () => {
  it("are those of the viewer's zone, for people and for machines", { timeout: 120_000 }, async () => {
    const id = await conversation("demo-karim", "demo-zoe", "Before midnight", "After midnight");
    const moments = ["2026-01-15T22:30:00.000Z", "2026-01-15T23:30:00.000Z"];
    for (const [index, moment] of moments.entries())
      await stage.database.query(
        "UPDATE messages SET created_at = $1 WHERE conversation_id = $2 AND seq = $3",
        [moment, id, index + 1],
      );
    const seen = async (locale: string, timezoneId: string) => {
      const page = await arrive("demo-zoe", addressOf(id), { locale, timezoneId });
      await by(page, "bubble").filter({ hasText: "After midnight" }).waitFor();
      const days = by(page, "day").locator("time");
      const hours = page.locator(".message-meta time");
      const of = (times: typeof days) =>
        times.evaluateAll((all) => all.map((one) => one.getAttribute("datetime")));
      // Whatever stands between a hour and its «PM».
      const spaced = (texts: string[]) => texts.map((text) => text.replaceAll(/\s/g, " "));
      return {
        days: await of(days),
        words: await days.allTextContents(),
        hours: spaced(await hours.allTextContents()),
        moments: await of(hours),
      };
    };
    const paris = await seen("fr-FR", "Europe/Paris");
    expect(paris).toMatchObject({
      days: ["2026-01-15", "2026-01-16"],
      hours: ["23:30", "00:30"],
      moments,
    });
    expect(paris.words.map((words) => /\d+ janvier/.exec(words)?.[0])).toEqual(["15 janvier", "16 janvier"]);
    const honolulu = await seen("en-US", "Pacific/Honolulu");
    expect(honolulu).toMatchObject({ days: ["2026-01-15"], hours: ["12:30 PM", "01:30 PM"], moments });
    const kiritimati = await seen("en-GB", "Pacific/Kiritimati");
    expect(kiritimati).toMatchObject({ days: ["2026-01-16"], hours: ["12:30", "13:30"], moments });
  });
});
