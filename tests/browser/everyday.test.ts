import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { host, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** The messages as different people have them before them: on a phone, in French, by ear, from right to left. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function arrive(account: string, view: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await stage.browser.newContext({ viewport: { width: 1_200, height: 800 }, ...view });
  const visitor = await stage.visitor(context);
  visitors.push(visitor);
  await visitor.signIn(account);
  return visitor;
}

const directOf = async (one: string, other: string) =>
  (
    await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", {
      kind: "direct",
      memberIds: [one, other],
    })
  ).id;

/** Nothing sticks out at the side. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

it("on a phone the list leads to the thread and back, and all of it fits", { timeout: 120_000 }, async () => {
  const id = await directOf("demo-tom", "demo-zoe");
  await sendAs(stage.url, "demo-tom", id, `A long word: ${"x".repeat(300)}`);
  const zoe = await arrive("demo-zoe", {
    viewport: { width: 360, height: 640 },
    isMobile: true,
    hasTouch: true,
  });
  const { page } = zoe;
  const thread = page.locator('[data-testid="thread"]');
  const row = page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`);
  await row.waitFor();
  expect(await thread.isVisible()).toBe(false);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  await row.tap();
  await zoe.bubble("A long word").waitFor();
  expect(await row.isVisible()).toBe(false);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  // What one writes with is in sight, and large enough for a thumb.
  const box = (await page.locator('[data-testid="send"]').boundingBox())!;
  expect(box.y + box.height).toBeLessThanOrEqual(640);
  expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
  await zoe.say("From a phone");
  await zoe.bubble("From a phone").waitFor();
  await page.locator(".thread-head .only-phone").tap();
  await row.waitFor();
  expect(await thread.isVisible()).toBe(false);
  // And the key of the phone does what it promises.
  await page.goBack();
  await zoe.bubble("From a phone").waitFor();
});

it("in French everything is, also after a change of mind and a reload", { timeout: 120_000 }, async () => {
  const id = await directOf("demo-lea", "demo-zoe");
  await sendAs(stage.url, "demo-lea", id, "Bonjour");
  const zoe = await arrive("demo-zoe", { locale: "fr-FR" });
  const { page } = zoe;
  const row = page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`);
  await row.getByText("1 message non lu").waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("fr");
  await row.click();
  await zoe.bubble("Bonjour").waitFor();
  expect(await zoe.composer.getAttribute("aria-label")).toContain("Écrire à Léa");
  await zoe.say("Bonsoir");
  await page.getByText("Envoyé", { exact: true }).waitFor();
  await page.locator('[data-testid="language-switch"] button[lang="en"]').click();
  await page.getByText("Sent", { exact: true }).waitFor();
  await page.reload();
  await zoe.connected();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
  await page.getByText("Sent", { exact: true }).waitFor();
});

/** Sessions of the sign-in page that soon end, minted as the host would. */
async function shortSessions(page: Page, ttlSeconds: number): Promise<() => number> {
  let given = 0;
  await page.route("**/api/demo/sessions", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { data: { user: { id: string } } };
    const { id: userId } = body.data.user;
    const token = await host<object>(stage.url, "POST", "/api/tokens", { userId, ttlSeconds });
    given += 1;
    await route.fulfill({ response: answer, json: { ...body, data: { ...body.data, ...token } } });
  });
  return () => given;
}

it("a token that ends is replaced on the open connection, and after an absence before it", {
  timeout: 180_000,
}, async () => {
  const ttlSeconds = 12;
  const visitor = await stage.visitor();
  visitors.push(visitor);
  const { page } = visitor;
  // By socket: how many refreshes of a token it carried that were granted.
  const refreshes: number[] = [];
  page.on("websocket", (socket) => {
    const at = refreshes.push(0) - 1;
    let asked: string | undefined;
    socket.on("framesent", ({ payload }) => {
      asked = /^42(\d+)\["refresh_token"/.exec(String(payload))?.[1] ?? asked;
    });
    socket.on("framereceived", ({ payload }) => {
      if (asked !== undefined && String(payload).startsWith(`43${asked}[{"ok":true`)) refreshes[at]! += 1;
    });
  });
  const given = await shortSessions(page, ttlSeconds);
  await visitor.signIn("demo-sam");
  await visitor.writeTo("demo-zoe");
  await expect.poll(() => refreshes.some((count) => count > 0), { timeout: waitMs }).toBe(true);
  await visitor.say("Before");
  await page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();

  await page.context().setOffline(true);
  await page.locator('[data-testid="connection"][data-status="offline"]').waitFor();
  await visitor.say("Written while away");
  const before = given();
  // Nothing tells of a token's end: it is a time.
  await new Promise((resolve) => setTimeout(resolve, ttlSeconds * 1_000));
  await page.context().setOffline(false);
  await visitor.connected();
  await expect.poll(given, { timeout: waitMs }).toBeGreaterThan(before);
  const stored = () =>
    stage.database
      .query<{ content: string }>("SELECT content FROM messages WHERE sender_id = 'demo-sam' ORDER BY seq")
      .then(({ rows }) => rows.map(({ content }) => content));
  await expect.poll(stored, { timeout: waitMs }).toEqual(["Before", "Written while away"]);
  await expect.poll(() => visitor.bubbles(), { timeout: waitMs }).toEqual(["Before", "Written while away"]);
});

it("by ear: the list is silent, and the announcer says each message once", { timeout: 120_000 }, async () => {
  const id = await directOf("demo-karim", "demo-zoe");
  const zoe = await arrive("demo-zoe");
  const { page } = zoe;
  await page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`).click();
  await zoe.composer.waitFor();
  const log = page.locator('[data-testid="messages"]');
  const announcer = page.locator('[data-testid="announcer"]');
  expect(await announcer.getAttribute("aria-live")).toBe("polite");
  await announcer.evaluate((element) => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    new MutationObserver(() => said.push(element.textContent ?? "")).observe(element, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  await sendAs(stage.url, "demo-karim", id, "First");
  await expect.poll(said, { timeout: waitMs }).toEqual(["Karim Benali: First"]);
  expect(await log.getAttribute("aria-live")).toBe("off");
  // However many come within a second: each is told of, and none of one's own.
  await zoe.say("Mine");
  await Promise.all(["a", "b", "c"].map((content) => sendAs(stage.url, "demo-karim", id, content)));
  const told = async () =>
    (await said()).slice(1).reduce((sum, text) => sum + Number(/^(\d+) new/.exec(text)?.[1] ?? 1), 0);
  await expect.poll(told, { timeout: waitMs }).toBe(3);
});

it("from right to left the page is its own mirror", { timeout: 120_000 }, async () => {
  const id = await directOf("demo-ana", "demo-zoe");
  await sendAs(stage.url, "demo-ana", id, "مرحبا");
  await sendAs(stage.url, "demo-zoe", id, "Hello");
  const zoe = await arrive("demo-zoe");
  const { page } = zoe;
  await page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`).click();
  await zoe.bubble("Hello").waitFor();
  const places = async () => {
    const middle = async (selector: string) => {
      const box = (await page.locator(selector).first().boundingBox())!;
      return box.x + box.width / 2;
    };
    return {
      list: await middle(".list"),
      thread: await middle('[data-testid="thread"]'),
      own: await middle('[data-testid="bubble"]:has-text("Hello")'),
      other: await middle('[data-testid="bubble"]:has-text("مرحبا")'),
      field: await middle('[data-testid="composer"]'),
      send: await middle('[data-testid="send"]'),
    };
  };
  const left = await places();
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });
  const right = await places();
  const order = ({ list, thread, own, other, field, send }: typeof left) => [
    list < thread,
    other < own,
    field < send,
  ];
  expect(order(left)).toEqual([true, true, true]);
  expect(order(right)).toEqual([false, false, false]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await expectAccessible(page);
});

it("with reduced motion nothing moves: at most something fades", { timeout: 120_000 }, async () => {
  const id = await directOf("demo-sam", "demo-zoe");
  await sendAs(stage.url, "demo-sam", id, "Still");
  const zoe = await arrive("demo-zoe", { reducedMotion: "reduce" });
  const { page } = zoe;
  await page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`).click();
  await zoe.bubble("Still").waitFor();
  await page.locator('[data-testid="bell"]').click();
  await page.locator('[data-testid="notification-settings"]').waitFor();
  const moving = await page.evaluate(() => {
    const long = (durations: string) => durations.split(",").some((each) => Number.parseFloat(each) > 0);
    return [...document.querySelectorAll("*")].flatMap((element) => {
      const style = getComputedStyle(element);
      const moves =
        style.animationName !== "none" ||
        (long(style.transitionDuration) && !/^(none|opacity)$/.test(style.transitionProperty));
      return moves ? [`${element.tagName}.${element.className}`] : [];
    });
  });
  expect(moving).toEqual([]);
});

it("what one keeps of a conversation: muted, archived and back, blocked, deleted", {
  timeout: 120_000,
}, async () => {
  const id = await directOf("demo-lea", "demo-tom");
  await sendAs(stage.url, "demo-lea", id, "Is the leak gone?");
  const tom = await arrive("demo-tom");
  const { page } = tom;
  const row = page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`);
  const choose = async (name: RegExp) => {
    await page.locator('[data-testid="conversation-menu"]').click();
    await page.getByRole("menuitem", { name }).click();
  };
  await row.click();
  await tom.bubble("Is the leak gone?").waitFor();

  await choose(/^Mute/);
  await page.getByRole("menuitem", { name: "For one hour" }).click();
  await row.locator('[data-testid="muted"]').waitFor();
  await expectAccessible(page);
  await choose(/^Muted until/);
  await row.locator('[data-testid="muted"]').waitFor({ state: "detached" });

  await choose(/^Archive/);
  await row.waitFor({ state: "detached" });
  await page.locator('[data-testid="archived"]').click();
  await row.click();
  await tom.bubble("Is the leak gone?").waitFor();
  await expectAccessible(page);
  await choose(/^Take out/);
  await row.waitFor({ state: "detached" });
  await page.locator('[data-testid="leave-archived"]').click();
  await row.waitFor();

  await choose(/^Block/);
  await page.getByRole("menuitem", { name: /^Block\?/ }).click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  await tom.say("Into the void");
  await page.locator('[data-testid="delivery"][data-delivery="failed"]').waitFor();
  await choose(/^Unblock/);
  await page.getByRole("menu").waitFor({ state: "detached" });

  await choose(/^Delete for me/);
  await page.getByRole("menuitem", { name: /^Delete all/ }).click();
  await row.waitFor({ state: "detached" });
  // And stays away when all that the cluster tells of it has come: what is told afterwards is there.
  const other = await directOf("demo-karim", "demo-tom");
  await sendAs(stage.url, "demo-karim", other, "Afterwards");
  await page.locator('[data-testid="conversation"]', { hasText: "Afterwards" }).waitFor();
  expect(await row.count()).toBe(0);
  await sendAs(stage.url, "demo-lea", id, "It drips again");
  await row.click();
  await tom.bubble("It drips again").waitFor();
  expect(await tom.bubble("Is the leak gone?").count()).toBe(0);
});

it("by which ways one is told, and when not, is set behind the bell", { timeout: 120_000 }, async () => {
  const tom = await arrive("demo-tom");
  const { page } = tom;
  const by = (id: string) => page.locator(`[data-testid="${id}"]`);
  const open = async () => {
    await by("bell").click();
    await by("notification-settings").click();
    await by("channel-email").waitFor();
  };
  await open();
  await expectAccessible(page);
  await by("channel-email").uncheck();
  await by("quiet-hours").check();
  await by("quiet-from").fill("21:30");
  await by("quiet-to").fill("21:30");
  await expect.poll(() => by("save-settings").isDisabled(), { timeout: waitMs }).toBe(true);
  await by("quiet-to").fill("06:45");
  await by("save-settings").click();
  await by("settings-state").getByText("Saved").waitFor();
  await page.keyboard.press("Escape");
  await by("settings").waitFor({ state: "detached" });

  await page.reload();
  await open();
  expect(await by("channel-email").isChecked()).toBe(false);
  expect(await by("channel-push").isChecked()).toBe(true);
  expect(await by("quiet-from").inputValue()).toBe("21:30");
  expect(await by("quiet-to").inputValue()).toBe("06:45");
});
