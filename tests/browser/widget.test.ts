import { freePort } from "@parloir/local/ports.ts";
import type { BrowserContextOptions, ConsoleMessage, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { png } from "../cluster/uploads.ts";
import { expectAccessible } from "./accessible.ts";
import { host, sendAs } from "./host.ts";
import { type HostSite, startHostSite } from "./host-page.ts";
import { fillThread } from "./long-thread.ts";
import { type Stage, startStage } from "./stage.ts";
import { waitMs } from "./visitor.ts";

/** The widget on a page of another site, whose styles spare nothing. */
let stage: Stage;
let shop: HostSite;
let stranger: HostSite;
beforeAll(async () => {
  const port = await freePort();
  const url = () => stage.url;
  shop = await startHostSite(port, url);
  stranger = await startHostSite(0, url);
  stage = await startStage({}, { ALLOWED_ORIGINS: shop.url });
}, 240_000);
afterAll(async () => {
  await shop?.stop();
  await stranger?.stop();
  await stage?.stop();
}, 90_000);

const tokenUrl = 'data-token-url="/chat-token"';

const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

async function visit(site: HostSite, attributes: string, view: BrowserContextOptions = {}) {
  const context = await stage.browser.newContext({ viewport: { width: 1_200, height: 800 }, ...view });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const said: string[] = [];
  page.on("console", (message: ConsoleMessage) => said.push(message.text()));
  await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
  return { page, said };
}

const launcher = (page: Page) => page.getByRole("button", { name: /Messages/ });
const frameOf = (page: Page): FrameLocator => page.frameLocator("iframe");

/** What a host page calls, in its own window. */
const call = (page: Page, ...args: unknown[]) =>
  page.evaluate(
    (given) => (window as unknown as { Parloir: (...all: unknown[]) => void }).Parloir(...given),
    args,
  );
const styleOf = (page: Page, name: string) =>
  launcher(page).evaluate((element, each) => getComputedStyle(element).getPropertyValue(each), name);

/** People of this file alone: nobody else writes to them. */
function people(...names: [string, string]): Promise<[string, string]> {
  const made = names.map(async (name) => {
    const id = `widget-${name}`;
    await host(stage.url, "PUT", `/api/users/${id}`, { name });
    return id;
  });
  return Promise.all(made) as Promise<[string, string]>;
}

async function direct(...memberIds: [string, string]): Promise<string> {
  const body = { kind: "direct", memberIds };
  return (await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", body)).id;
}

async function tokenOf(userId: string): Promise<string> {
  return (await host<{ token: string }>(stage.url, "POST", "/api/tokens", { userId })).token;
}

async function asPerson<Data>(
  userId: string,
  method: string,
  path: string,
  body?: FormData | object,
): Promise<Data> {
  const headers: Record<string, string> = { authorization: `Bearer ${await tokenOf(userId)}` };
  const init: RequestInit = { method, headers };
  if (body instanceof FormData) init.body = body;
  else {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(`${stage.url}${path}`, init);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { data: Data }).data;
}

async function sendFiles(
  userId: string,
  conversationId: string,
  files: [bytes: Uint8Array<ArrayBuffer> | string, name: string][],
): Promise<void> {
  const attachmentIds: string[] = [];
  for (const [bytes, name] of files) {
    const form = new FormData();
    form.append("file", new Blob([bytes]), name);
    attachmentIds.push((await asPerson<{ id: string }>(userId, "POST", "/api/attachments", form)).id);
  }
  const message = { conversationId, clientMessageId: crypto.randomUUID(), content: "", attachmentIds };
  await asPerson(userId, "POST", "/api/messages", message);
}

describe("on a page that did not configure it", () => {
  it("nothing is shown, the page goes on, and the console says why", { timeout: 120_000 }, async () => {
    const { page, said } = await visit(shop, "");
    await expect.poll(() => said.join("\n"), { timeout: waitMs }).toContain("data-token-url");
    expect(await page.locator("#shop").textContent()).toBe("The shop goes on.");
    expect(await page.getByRole("button").count()).toBe(0);
    await page.context().close();
  });
});

describe("while nobody is signed in", () => {
  it("nothing is shown, the console says why once, and it comes with the next call that finds a token", {
    timeout: 120_000,
  }, async () => {
    const { page, said } = await visit(shop, 'data-token-url="/signed-out"');
    const reasons = () => said.filter((each) => each.includes("no token"));
    await expect.poll(reasons, { timeout: waitMs }).toHaveLength(1);
    const refusals = () => said.filter((each) => each.includes("401")).length;
    await call(page, "show");
    await expect.poll(refusals, { timeout: waitMs }).toBe(2);
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await page.locator("iframe").count()).toBe(0);
    await call(page, "update", { tokenUrl: "/chat-token?as=demo-karim" });
    await call(page, "show");
    await frameOf(page).getByRole("heading", { name: "Messages" }).waitFor();
    expect(reasons()).toHaveLength(1);
    expect(said.join("\n")).not.toContain("ALLOWED_ORIGINS");
    await page.context().close();
  });

  it("a phone whose person signed out is told so, can close it, and goes on later", {
    timeout: 180_000,
  }, async () => {
    const [nora, writer] = await people("nora", "writer");
    const conversation = await direct(nora, writer);
    await sendAs(stage.url, writer, conversation, "Are you there?");
    const { page } = await visit(shop, "", phone);
    // A cache that gives a token that is used up, until it is told that it is.
    await page.evaluate(
      (own) => {
        const state = { token: own };
        const { Parloir } = window as unknown as { Parloir: (...all: unknown[]) => void };
        Parloir("boot", {
          language: "en",
          getToken: async ({ renew }: { renew: boolean }) => {
            if (state.token === "") throw new Error("signed out");
            return renew ? state.token : "used up";
          },
        });
        Object.assign(window, { state });
      },
      await tokenOf(nora),
    );
    const become = (token: string) =>
      page.evaluate((next) => {
        (window as unknown as { state: { token: string } }).state.token = next;
      }, token);
    await page.getByRole("button", { name: "Messages, 1 unread" }).waitFor();

    await become("");
    await launcher(page).tap();
    const frame = frameOf(page);
    await frame.getByText("could not confirm").waitFor();
    expect(await page.locator("iframe").boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 780 });
    const again = await frame.getByRole("button", { name: "Try again" }).boundingBox();
    expect(Math.min(again?.width ?? 0, again?.height ?? 0)).toBeGreaterThanOrEqual(44);
    await expectAccessible(page, { without: "#shop" });
    await frame.getByRole("button", { name: "Close" }).tap();
    await page.locator("iframe").waitFor({ state: "hidden" });
    await launcher(page).tap();
    await frame.getByRole("button", { name: "Close" }).press("Escape");
    await page.locator("iframe").waitFor({ state: "hidden" });

    await become(await tokenOf(nora));
    await launcher(page).tap();
    await frame.locator('[data-testid="conversation"]', { hasText: "Are you there?" }).tap();
    await frame.locator('[data-testid="bubble"]', { hasText: "Are you there?" }).waitFor();
    // It takes a moment in sight to be read.
    const marks = "SELECT last_read_seq::int AS seq FROM members WHERE conversation_id = $1 AND user_id = $2";
    const read = async () => (await stage.database.query(marks, [conversation, nora])).rows;
    await expect.poll(read, { timeout: waitMs }).toEqual([{ seq: 1 }]);
    await frame.getByRole("button", { name: "Close" }).tap();
    await page.getByRole("button", { name: "Messages", exact: true }).waitFor();
    await page.context().close();
  });
});

describe("on a site that the cluster does not know", () => {
  it("the button is there, and the console says what to do", { timeout: 120_000 }, async () => {
    const { page, said } = await visit(stranger, tokenUrl);
    await launcher(page).waitFor();
    await expect.poll(() => said.join("\n"), { timeout: waitMs }).toContain("ALLOWED_ORIGINS");
    // The browser refuses to show the frame, and there is nothing in it to close it by: the button stays above.
    await page.setViewportSize({ width: 390, height: 780 });
    await launcher(page).click();
    await page.locator("iframe").waitFor();
    await launcher(page).click();
    await page.locator("iframe").waitFor({ state: "hidden" });
    await page.context().close();
  });
});

describe("on a page that configured it", () => {
  it("two people talk, one of them in the widget", { timeout: 240_000 }, async () => {
    const tom = await stage.visitor();
    await tom.signIn("demo-tom");
    await tom.writeTo("demo-zoe");
    await tom.say("Is this still for sale?");
    await tom.page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();

    const { page } = await visit(shop, `${tokenUrl} data-colour="#047857" data-language="en"`);
    // Before the first click the badge comes without any socket or frame.
    await page.getByRole("button", { name: "Messages, 1 unread" }).waitFor();
    expect(await page.locator("iframe").count()).toBe(0);

    await launcher(page).click();
    const frame = frameOf(page);
    await frame.locator('[data-testid="conversation"]', { hasText: "Tom Becker" }).click();
    await frame.locator('[data-testid="bubble"]', { hasText: "Is this still for sale?" }).waitFor();
    await tom.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();

    const composer = frame.locator('[data-testid="composer"]');
    await composer.pressSequentially("Yes, it is.");
    await tom.page.locator('[data-testid="typing"]', { hasText: "Zoé" }).waitFor();
    await composer.press("Enter");
    await tom.bubble("Yes, it is.").waitFor();
    await frame.getByText("Read", { exact: false }).waitFor();

    // The site's own styles reach neither the button nor the frame.
    const bubble = frame.locator('[data-testid="bubble"]', { hasText: "Yes, it is." });
    expect(await bubble.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe(
      "rgb(4, 120, 87)",
    );
    expect(await launcher(page).evaluate((element) => getComputedStyle(element).width)).toBe("56px");
    await expectAccessible(page, { without: "#shop" });

    // What nobody wrote stands among the messages, in the widget's language.
    const memberIds = ["demo-zoe", "demo-tom", "demo-lea"];
    const made = { kind: "group", memberIds, subject: { type: "order", id: "7", title: "Order 7" } };
    const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", made);
    await host(stage.url, "DELETE", `/api/messages/conversations/${id}/members/demo-lea`, {});
    await frame.getByRole("button", { name: "Back" }).click();
    await frame.locator('[data-testid="conversation"]', { hasText: "Order 7" }).click();
    const line = frame.locator('[data-testid="system-line"]');
    await expect.poll(() => line.textContent(), { timeout: waitMs }).toContain("is no longer here");
    expect(await line.textContent()).toContain("Léa Moreau");
    await frame.getByRole("button", { name: "Back" }).click();
    await frame.locator('[data-testid="conversation"]', { hasText: "Tom Becker" }).click();
    await bubble.waitFor();

    // Escape closes it and gives the focus back; what comes now is counted.
    await composer.press("Escape");
    await expect.poll(() => launcher(page).getAttribute("aria-expanded"), { timeout: waitMs }).toBe("false");
    expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName)).toBe(
      "BUTTON",
    );
    await tom.say("Wonderful.");
    await page.getByRole("button", { name: "Messages, 1 unread" }).waitFor();
    expect(await page.evaluate(() => (window as unknown as { counts: number[] }).counts)).toEqual([1, 0, 1]);
    await page.context().close();
    await tom.page.context().close();
    expect(tom.problems).toEqual([]);
  });
});

describe("a thread", () => {
  it("has pictures and files, days, hours of the region, and tells that the connection is gone", {
    timeout: 240_000,
  }, async () => {
    const [ines, writer] = await people("ines", "photographer");
    const conversation = await direct(ines, writer);
    await sendFiles(writer, conversation, [
      [png(320, 200), "garden.png"],
      [png(300, 400), "gate.png"],
      ["The terms of sale", "terms.txt"],
    ]);
    const { page } = await visit(shop, `data-token-url="/chat-token?as=${ines}" data-theme="dark"`, {
      locale: "en-GB",
      colorScheme: "dark",
    });
    await page.getByRole("button", { name: "Messages, 1 unread" }).waitFor();
    await launcher(page).click();
    const frame = frameOf(page);
    const row = frame.locator('[data-testid="conversation"]', { hasText: "garden.png" });
    await row.waitFor();
    expect(await row.locator(".row-name").textContent()).toBe("photographer");
    const hour = /^\d\d:\d\d$/;
    expect(await row.locator("time").textContent()).toMatch(hour);
    await expectAccessible(page, { without: "#shop" });
    await row.click();

    const width = (picture: string) =>
      frame
        .locator(`[data-testid="${picture}"]`)
        .first()
        .evaluate((image) => (image as HTMLImageElement).naturalWidth);
    await expect.poll(() => width("picture"), { timeout: waitMs }).toBeGreaterThan(0);
    await frame.getByRole("button", { name: "View garden.png" }).click();
    await expect.poll(() => width("viewed-picture"), { timeout: waitMs }).toBe(320);
    await page.keyboard.press("ArrowRight");
    await frame.getByRole("dialog", { name: "gate.png" }).waitFor();
    await expect.poll(() => width("viewed-picture"), { timeout: waitMs }).toBe(300);
    await expectAccessible(page, { without: "#shop" });
    // Escape is for the picture: the widget stays open.
    await page.keyboard.press("Escape");
    await frame.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.locator("iframe").isVisible()).toBe(true);
    const coming = page.waitForEvent("download");
    await frame.getByRole("button", { name: "Save terms.txt" }).click();
    expect((await coming).suggestedFilename()).toBe("terms.txt");
    expect(await frame.locator('[data-testid="day"]').textContent()).toMatch(/^(Today|Yesterday)$/);
    expect(await frame.locator("[data-unread]").textContent()).toBe("New");
    expect(await frame.locator(".meta time").textContent()).toMatch(hour);
    await expectAccessible(page, { without: "#shop" });

    // Escape that ends the composing of an input method closes nothing; the next one does.
    const pressEscape = (isComposing: boolean) =>
      frame.locator('[data-testid="composer"]').evaluate((element, composing) => {
        const init = { key: "Escape", bubbles: true, isComposing: composing };
        element.dispatchEvent(new KeyboardEvent("keydown", init));
      }, isComposing);
    await pressEscape(true);

    await page.context().setOffline(true);
    await frame.locator('[data-testid="offline-notice"]').waitFor();
    expect(await page.locator("iframe").isVisible()).toBe(true);
    await page.context().setOffline(false);
    await frame.locator('[data-testid="offline-notice"]').waitFor({ state: "detached" });
    await pressEscape(false);
    await page.locator("iframe").waitFor({ state: "hidden" });
    await page.context().close();
  });

  it("stays in place when older messages come, and lets go of what was refused", {
    timeout: 240_000,
  }, async () => {
    const [otto, writer] = await people("otto", "chatterbox");
    const conversation = await direct(otto, writer);
    await fillThread(stage.database, conversation, [otto, writer], 160);
    const { page } = await visit(shop, `data-token-url="/chat-token?as=${otto}" data-language="en"`);
    await launcher(page).click();
    const frame = frameOf(page);
    await frame.locator('[data-testid="conversation"]').click();
    const log = frame.locator('[data-testid="log"]');
    const top = () => log.evaluate((element) => element.scrollTop);
    const older = frame.getByRole("button", { name: "Older messages" });
    await older.waitFor();
    await log.evaluate((element) => {
      element.scrollTop = 0;
    });
    await expect.poll(top, { timeout: waitMs }).toBe(0);
    const bubbles = frame.locator('[data-testid="bubble"]');
    const first = (await bubbles.first().textContent()) ?? "";
    const read = frame.getByText(first, { exact: true });
    const before = await read.boundingBox();
    const count = await bubbles.count();
    await older.click();
    await expect.poll(() => bubbles.count(), { timeout: waitMs }).toBeGreaterThan(count);
    const after = await read.boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
    expect(await top()).toBeGreaterThan(0);

    const pill = frame.locator('[data-testid="to-latest"]');
    await pill.getByText("Latest messages").waitFor();
    for (const text of ["One", "Two", "Three"]) await sendAs(stage.url, writer, conversation, text);
    await pill.getByText("3 new").waitFor();
    await pill.click();
    await pill.waitFor({ state: "detached" });
    const end = () => log.evaluate((each) => each.scrollHeight - each.scrollTop - each.clientHeight);
    expect(await end()).toBeLessThan(60);

    await asPerson(writer, "PUT", `/api/blocks/${otto}`);
    await frame.locator('[data-testid="composer"]').fill("Are you cross?");
    await frame.locator('[data-testid="composer"]').press("Enter");
    const refused = bubbles.filter({ hasText: "Are you cross?" });
    await refused.waitFor();
    await frame.getByRole("button", { name: "Discard" }).click();
    await refused.waitFor({ state: "detached" });
    await page.context().close();
  });
});

describe("what a host page may set and call", () => {
  it("place, size, language, colour and theme hold, also when they change later", {
    timeout: 180_000,
  }, async () => {
    const ids = { kind: "direct", memberIds: ["demo-sam", "demo-lea"] };
    const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", ids);
    const own = `data-position="left" data-width="420" data-height="500" data-language="fr" data-colour="#fde047"`;
    const { page } = await visit(shop, `data-token-url="/chat-token?as=demo-sam" ${own}`);
    await page.getByRole("button", { name: "Messages", exact: true }).waitFor();
    await sendAs(stage.url, "demo-lea", id, "One");
    await call(page, "boot");
    await page.getByRole("button", { name: "Messages, 1 non lu", exact: true }).waitFor();
    await sendAs(stage.url, "demo-lea", id, "Two");
    await call(page, "boot");
    await page.getByRole("button", { name: "Messages, 2 non lus", exact: true }).waitFor();
    expect(await styleOf(page, "left")).toBe("20px");
    // White could not be read on this yellow.
    expect(await styleOf(page, "background-color")).toBe("rgb(253, 224, 71)");
    expect(await styleOf(page, "color")).toBe("rgb(15, 23, 42)");

    await call(page, "show");
    const frame = frameOf(page);
    await frame.getByRole("heading", { name: "Messages" }).waitFor();
    await frame.getByRole("button", { name: "Nouvelle conversation" }).waitFor();
    expect(await page.locator("iframe").boundingBox()).toMatchObject({ x: 20, width: 420, height: 500 });
    const start = frame.locator('[data-testid="start"]');
    const colours = () =>
      start.evaluate((element) => {
        const { backgroundColor, color } = getComputedStyle(element);
        return [backgroundColor, color];
      });
    expect(await colours()).toEqual(["rgb(253, 224, 71)", "rgb(15, 23, 42)"]);
    const ground = () =>
      frame.locator("body").evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await ground()).toBe("rgb(255, 255, 255)");

    await call(page, "update", { theme: "dark", language: "en", colour: "no colour", position: "right" });
    await frame.getByRole("button", { name: "New conversation" }).waitFor();
    await expect.poll(colours, { timeout: waitMs }).toEqual(["rgb(37, 99, 235)", "rgb(255, 255, 255)"]);
    await expect.poll(ground, { timeout: waitMs }).toBe("rgb(15, 23, 42)");
    expect(await styleOf(page, "right")).toBe("20px");
    await page.context().close();
  });

  it("shown, hidden, with a contact, and shut down for somebody else", { timeout: 180_000 }, async () => {
    const { page, said } = await visit(shop, tokenUrl);
    await launcher(page).waitFor();
    await page.evaluate(() => {
      const heard: string[] = [];
      const { Parloir } = window as unknown as { Parloir: (...all: unknown[]) => void };
      for (const name of ["onShow", "onHide"]) Parloir(name, () => heard.push(name));
      Object.assign(window, { heard });
      const field = document.createElement("input");
      field.id = "field";
      document.body.append(field);
    });
    // The first call of all: the frame is not even there yet.
    const subject = { type: "order", id: "widget-9", title: "Order 9" };
    await call(page, "contact", { recipientId: "demo-lea", subject });
    const frame = frameOf(page);
    await frame.getByRole("heading", { name: "Léa Moreau" }).waitFor();
    await frame.locator('[data-testid="composer"]').fill("About order 9");
    await frame.locator('[data-testid="composer"]').press("Enter");
    await frame.locator('[data-testid="bubble"]', { hasText: "About order 9" }).waitFor();
    await call(page, "contact", { recipientId: "demo-karim" });
    await frame.getByRole("heading", { name: "Karim Benali" }).waitFor();

    // A page that hides it keeps the focus it has.
    await page.locator("#field").focus();
    await call(page, "hide");
    await page.locator("iframe").waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("field");
    await call(page, "show");
    await page.locator("iframe").waitFor();

    await call(page, "shutdown");
    expect(await page.locator("iframe").count()).toBe(0);
    expect(await launcher(page).count()).toBe(0);
    expect(await page.evaluate(() => (window as unknown as { heard: string[] }).heard)).toEqual([
      "onShow",
      "onHide",
      "onShow",
      "onHide",
    ]);
    const { token } = await host<{ token: string }>(stage.url, "POST", "/api/tokens", {
      userId: "demo-karim",
    });
    await page.evaluate((own) => {
      const { Parloir } = window as unknown as { Parloir: (...all: unknown[]) => void };
      Parloir("boot", { getToken: async () => own });
      Parloir("show");
    }, token);
    await frame.locator('[data-testid="conversation"]', { hasText: "Zoé" }).waitFor();
    await call(page, "dance");
    await expect.poll(() => said.join("\n"), { timeout: waitMs }).toContain('no command "dance"');
    await page.context().close();
  });
});
