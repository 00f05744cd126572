import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { directBetween, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** The field one writes in, and how one gets to it. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function arrive(account: string): Promise<Visitor> {
  const visitor = await stage.visitor();
  visitors.push(visitor);
  await visitor.signIn(account);
  return visitor;
}

const conversation = (one: string, other: string) => directBetween(stage.url, one, other);

const stored = async (senderId: string) =>
  (
    await stage.database.query<{ content: string }>(
      "SELECT content FROM messages WHERE sender_id = $1 ORDER BY created_at, seq",
      [senderId],
    )
  ).rows.map(({ content }) => content);

it("Shift and Enter make a line, Enter sends", { timeout: 120_000 }, async () => {
  const tom = await arrive("demo-tom");
  await tom.writeTo("demo-zoe");
  await tom.composer.pressSequentially("One");
  await tom.composer.press("Shift+Enter");
  await tom.composer.pressSequentially("Two");
  expect(await tom.composer.inputValue()).toBe("One\nTwo");
  expect(await tom.bubbles()).toEqual([]);
  await tom.composer.press("Enter");
  await expect.poll(() => stored("demo-tom"), { timeout: waitMs }).toEqual(["One\nTwo"]);
  expect(await tom.composer.inputValue()).toBe("");
});

it("Enter chooses what an input method offers, and sends only when it composes no more", {
  timeout: 120_000,
}, async () => {
  const lea = await arrive("demo-lea");
  const { page, composer } = lea;
  await lea.writeTo("demo-zoe");
  await composer.evaluate((field) => {
    const composing: boolean[] = [];
    Object.assign(window, { composing });
    field.addEventListener("keydown", (event) => composing.push((event as KeyboardEvent).isComposing));
  });
  const composing = () => page.evaluate(() => (window as unknown as { composing: boolean[] }).composing);
  const cdp = await page.context().newCDPSession(page);
  await composer.focus();
  await cdp.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  expect(await composer.inputValue()).toBe("にほん");
  await page.keyboard.press("Enter");
  // The browser says that it was the input method's, as it does for people.
  expect(await composing()).toEqual([true]);
  expect(await lea.bubbles()).toEqual([]);
  await cdp.send("Input.insertText", { text: "日本" });
  // Safari says it by the key's code alone, after the composition has ended.
  await composer.evaluate((field) => {
    const init = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", init));
  });
  const words = await composer.inputValue();
  expect(words).toContain("日本");
  expect(await lea.bubbles()).toEqual([]);
  await composer.press("Enter");
  await expect.poll(() => stored("demo-lea"), { timeout: waitMs }).toEqual([words.trim()]);
});

it("what is not sent yet stays with its conversation, also over a reload, until it is sent", {
  timeout: 120_000,
}, async () => {
  await conversation("demo-sam", "demo-karim");
  await conversation("demo-sam", "demo-ana");
  const sam = await arrive("demo-sam");
  const open = async (name: string) => {
    await sam.page.locator('[data-testid="conversation"]', { hasText: name }).click();
    await sam.page.locator('[data-testid="thread"] h1', { hasText: name }).waitFor();
  };
  await open("Karim");
  await sam.composer.fill("For Karim, not yet");
  await open("Ana");
  expect(await sam.composer.inputValue()).toBe("");
  await sam.composer.fill("For Ana, not yet");
  await open("Karim");
  expect(await sam.composer.inputValue()).toBe("For Karim, not yet");
  await sam.page.reload();
  await sam.composer.waitFor();
  expect(await sam.composer.inputValue()).toBe("For Karim, not yet");
  await sam.composer.press("Enter");
  await sam.bubble("For Karim, not yet").waitFor();
  await open("Ana");
  expect(await sam.composer.inputValue()).toBe("For Ana, not yet");
  await open("Karim");
  expect(await sam.composer.inputValue()).toBe("");
});

it("who reads further up is told how many are new, and led to them", { timeout: 120_000 }, async () => {
  const id = await conversation("demo-karim", "demo-tom");
  const before = Array.from({ length: 10 }, (_, n) => `Line ${n}${"\nand more".repeat(12)}`);
  for (const text of before) await sendAs(stage.url, "demo-karim", id, text);
  // It opens at its end: all of it is read.
  const read = "UPDATE members SET last_read_seq = $2 WHERE conversation_id = $1";
  await stage.database.query(read, [id, before.length]);
  const tom = await arrive("demo-tom");
  const { page } = tom;
  await page.locator(`[data-conversation-id="${id}"][data-testid="conversation"]`).click();
  const pill = page.locator('[data-testid="to-latest"]');
  const log = page.locator('[data-testid="messages"]');
  await tom.bubble("Line 9").waitFor();
  await page.locator('[data-testid="messages"][data-at-bottom="true"]').waitFor();
  expect(await pill.count()).toBe(0);
  await log.hover();
  await page.mouse.wheel(0, -1_500);
  await pill.getByText("Latest messages").waitFor();
  for (const text of ["New one", "New two", "New three"]) await sendAs(stage.url, "demo-karim", id, text);
  await pill.getByText("3 new").waitFor();
  await sendAs(stage.url, "demo-karim", id, "New four");
  await pill.getByText("4 new").waitFor();
  // Nobody was carried away from what they read.
  expect(await log.getAttribute("data-at-bottom")).toBe("false");
  await pill.click();
  await tom.bubble("New four").waitFor();
  await pill.waitFor({ state: "detached" });
});

/** As people do who use no pointer: as often as it takes. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let times = 0; times < 60; times++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`no way to ${selector} by Tab`);
}

it("by keys alone one signs in, finds somebody, writes, answers and reads on", {
  timeout: 180_000,
}, async () => {
  const ana = await stage.visitor();
  visitors.push(ana);
  const { page } = ana;
  await page.goto(`${stage.url}/sign-in`);
  await page.locator("[data-demo-account]").first().waitFor();
  await tabTo(page, '[data-demo-account="demo-ana"]');
  await page.keyboard.press("Enter");
  await ana.connected();
  await tabTo(page, '[data-testid="new-conversation"]');
  await page.keyboard.press("Enter");
  await page.locator("[data-person]").first().waitFor();
  await tabTo(page, '[data-person="demo-zoe"]');
  await page.keyboard.press("Enter");
  await tabTo(page, '[data-testid="begin-conversation"]');
  await page.keyboard.press("Enter");
  // The field has the focus already.
  await ana.composer.waitFor();
  await page.locator('[data-testid="composer"]:focus').waitFor();
  await page.keyboard.type("Without a mouse");
  await page.keyboard.press("Enter");
  await ana.bubble("Without a mouse").waitFor();
  await page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();

  // Backwards to the message's menu; the arrows lead to what one wants of it.
  for (let times = 0; times < 20; times++) {
    await page.keyboard.press("Shift+Tab");
    if (await page.evaluate(() => document.activeElement?.matches('[data-testid="message-menu"]'))) break;
  }
  await page.keyboard.press("Enter");
  const reply = page.getByRole("menuitem", { name: "Reply" });
  await reply.waitFor();
  const isThere = () => reply.evaluate((item) => item === document.activeElement);
  for (let times = 0; times < 20 && !(await isThere()); times++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="reply-bar"]').waitFor();
  await page.locator('[data-testid="composer"]:focus').waitFor();
  await page.keyboard.type("Nor this");
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="quote"]', { hasText: "Without a mouse" }).waitFor();
  await expect.poll(() => stored("demo-ana"), { timeout: waitMs }).toEqual(["Without a mouse", "Nor this"]);
});

it("the focus comes back to where one writes, or to what one opened", { timeout: 120_000 }, async () => {
  const sam = await arrive("demo-sam");
  const { page, composer } = sam;
  await sam.writeTo("demo-zoe");
  await sam.say("First");
  // What is not stored yet cannot be edited.
  await page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  const edit = page.locator('[data-testid="edit-form"] textarea');
  for (const key of ["Enter", "Escape"]) {
    await composer.press("ArrowUp");
    await edit.pressSequentially("!");
    await edit.press(key);
    await edit.waitFor({ state: "detached" });
    await expect.poll(focused, { timeout: waitMs }).toBe("composer");
  }
  await sam.bubble("First!").hover();
  await page.locator('[data-testid="message-menu"]').first().click();
  await page.getByRole("menuitem", { name: "Reply" }).click();
  await page.locator('[data-testid="reply-bar"] button').last().click();
  await page.locator('[data-testid="reply-bar"]').waitFor({ state: "detached" });
  await expect.poll(focused, { timeout: waitMs }).toBe("composer");
  await page.locator('[data-testid="open-search"]').click();
  await page.locator('[data-testid="thread-search"]').press("Escape");
  await expect.poll(focused, { timeout: waitMs }).toBe("open-search");
});

it("the microphone is let go however one leaves it", { timeout: 120_000 }, async () => {
  const karim = await arrive("demo-karim");
  const { page } = karim;
  await conversation("demo-karim", "demo-zoe");
  const other = await conversation("demo-karim", "demo-tom");
  await page.evaluate(() => {
    const streams: MediaStream[] = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    // As long as a person needs to read the browser's question.
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      const stream = await ask(wanted);
      streams.push(stream);
      return stream;
    };
    Object.assign(window, { streams });
  });
  const live = () =>
    page.evaluate(() =>
      (window as unknown as { streams: MediaStream[] }).streams.map((stream) =>
        stream.getTracks().every(({ readyState }) => readyState === "ended"),
      ),
    );
  await karim.writeTo("demo-zoe");
  const record = page.locator('[data-testid="record"]');
  await record.dblclick();
  await page.locator('[data-testid="recorder"]').waitFor();
  await page.locator('[data-testid="recorder"] button').first().click();
  await expect.poll(live, { timeout: waitMs }).toEqual([true]);
  // Gone while the browser still asks.
  await record.click();
  await page.locator(`[data-testid="conversation"][data-conversation-id="${other}"]`).click();
  await page.locator(`[data-testid="thread"][data-conversation-id="${other}"]`).waitFor();
  await expect.poll(live, { timeout: waitMs }).toEqual([true, true]);
});
