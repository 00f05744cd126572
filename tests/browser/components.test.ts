import type { Toast } from "@parloir/client/react/alerts/toasts.tsx";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Application, buildApplication } from "./application.ts";
import { host, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** The published components, with their properties, in an application of somebody else's. */
let stage: Stage;
let application: Application;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
  application = await buildApplication(() => stage);
  await written("demo-tom", "Is it still there?");
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function visit(...args: Parameters<Application["visit"]>): Promise<Page> {
  const visitor = await application.visit(...args);
  visitors.push(visitor);
  return visitor.page;
}

const by = (page: Page, id: string) => page.locator(`[data-testid="${id}"]`);
const style = (element: Locator, name: string) =>
  element.evaluate((each, property) => getComputedStyle(each).getPropertyValue(property), name);

/** Somebody wrote to Zoé: there is a conversation to open. */
async function written(from: string, text: string): Promise<void> {
  const body = { kind: "direct", memberIds: [from, "demo-zoe"] };
  const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", body);
  await sendAs(stage.url, from, id, text);
}

/** Closes the panel and says, before the next picture, what is animated then. */
const closeAndLook = (page: Page) =>
  by(page, "widget-launcher").evaluate(async (button) => {
    (button as HTMLElement).click();
    // React renders what a click changed in a microtask of its own, which is before this one.
    await new Promise<void>(queueMicrotask);
    const panel = document.querySelector(".widget-panel")!;
    const names = panel.getAnimations().map((animation) => (animation as CSSAnimation).animationName);
    return { names, inert: panel.hasAttribute("inert"), expanded: button.getAttribute("aria-expanded") };
  });

describe("the widget", () => {
  it("says what its button does, and closes on Escape wherever the focus is", {
    timeout: 120_000,
  }, async () => {
    const page = await visit("demo-zoe", { widget: {} });
    const [launcher, panel] = [by(page, "widget-launcher"), by(page, "widget-panel")];
    await page.getByRole("button", { name: "Open messages, 1 unread" }).click();
    await panel.waitFor();
    expect(await launcher.getAttribute("aria-label")).toBe("Close messages");
    expect(await launcher.locator(".badge").count()).toBe(0);
    // The focus is still on the button.
    expect(await launcher.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    expect(await launcher.getAttribute("aria-expanded")).toBe("false");
    // Closed, the key is the page's.
    await page.keyboard.press("Escape");
    expect(await panel.count()).toBe(0);
    await launcher.click();
    await by(page, "conversation").click();
    await by(page, "composer").press("Escape");
    await panel.waitFor({ state: "detached" });
    expect(await launcher.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it("leaves Escape to what is open within it", { timeout: 120_000 }, async () => {
    const page = await visit("demo-zoe", { widget: {} });
    const panel = by(page, "widget-panel");
    await by(page, "widget-launcher").click();
    await by(page, "conversation").click();
    const menu = async () => {
      await by(page, "bubble").hover();
      await by(page, "message-menu").click();
      await page.getByRole("menu").waitFor();
    };
    await menu();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await menu();
    await page.getByRole("menuitem", { name: /Reply/ }).click();
    await by(page, "reply-bar").waitFor();
    await page.keyboard.press("Escape");
    await by(page, "reply-bar").waitFor({ state: "detached" });
    await by(page, "open-search").click();
    await by(page, "thread-search").press("Escape");
    await by(page, "thread-search").waitFor({ state: "detached" });
    expect(await panel.getAttribute("data-closing")).toBeNull();
    // What stands in no field any more: the next one is the widget's.
    await by(page, "composer").press("Escape");
    await panel.waitFor({ state: "detached" });
  });

  it("says in words that a new conversation could not be begun", { timeout: 120_000 }, async () => {
    const page = await visit("demo-lea", { widget: { contact: { recipientId: "demo-tom" } } });
    const begun = "**/api/messages/conversations";
    await page.route(begun, (route) =>
      route.request().method() === "POST" ? route.abort() : route.fallback(),
    );
    await by(page, "widget-launcher").click();
    await by(page, "new-conversation").click();
    const problem = by(page, "widget-panel").getByRole("alert");
    await problem.getByText("That did not work.").waitFor();
    await page.unroute(begun);
    await by(page, "new-conversation").click();
    await by(page, "composer").waitFor();
    expect(await problem.count()).toBe(0);
  });

  it("sinks when it is closed, and only fades for whom motion is reduced", { timeout: 120_000 }, async () => {
    for (const [reducedMotion, name] of [
      ["no-preference", "parloir-sink"],
      ["reduce", "parloir-disappear"],
    ] as const) {
      const page = await visit("demo-zoe", { widget: {} }, { reducedMotion });
      await by(page, "widget-launcher").click();
      await by(page, "widget-panel").waitFor();
      expect(await closeAndLook(page)).toEqual({ names: [name], inert: true, expanded: "false" });
      await by(page, "widget-panel").waitFor({ state: "detached" });
    }
  });

  it("has the size, side, colour and theme it is given", { timeout: 120_000 }, async () => {
    const widget = { position: "left", width: 420, height: 500, theme: "dark", colour: "#047857" } as const;
    const own = await visit("demo-zoe", { widget });
    const usual = await visit("demo-zoe", { widget: {} });
    for (const page of [own, usual]) {
      await by(page, "widget-launcher").click();
      await by(page, "widget-panel").waitFor();
      // Rising, it is not yet in its place.
      await by(page, "widget-panel").evaluate((panel) =>
        Promise.all(panel.getAnimations().map(({ finished }) => finished)),
      );
    }
    const places = async (page: Page) => ({
      panel: (await by(page, "widget-panel").boundingBox())!,
      button: (await by(page, "widget-launcher").boundingBox())!,
    });
    const [left, right] = [await places(own), await places(usual)];
    expect(left).toMatchObject({ panel: { x: 20, width: 420, height: 500 }, button: { x: 20 } });
    expect(right.panel).toMatchObject({ width: 380, height: 600 });
    expect(right.panel.x + right.panel.width).toBe(980);
    expect(right.button.x + right.button.width).toBe(980);
    const colours = async (page: Page) => [
      await style(by(page, "widget-launcher"), "background-color"),
      await style(by(page, "widget-panel"), "background-color"),
    ];
    expect(await colours(own)).toEqual(["rgb(4, 120, 87)", "rgb(15, 23, 42)"]);
    expect(await colours(usual)).toEqual(["rgb(37, 99, 235)", "rgb(255, 255, 255)"]);
  });
});

describe("the button to the seller", () => {
  it("has the look, size and width it is given", { timeout: 120_000 }, async () => {
    const page = await visit("demo-zoe", {
      contact: [
        { variant: "filled" },
        { variant: "outlined", size: "small" },
        { variant: "text" },
        { size: "large", fullWidth: true },
      ],
    });
    const [filled, outlined, text, large] = await by(page, "contact-seller").all();
    const clear = "rgba(0, 0, 0, 0)";
    expect(await style(filled!, "background-color")).toBe("rgb(37, 99, 235)");
    expect(await style(outlined!, "background-color")).toBe(clear);
    expect(await style(outlined!, "border-top-color")).toBe("rgb(100, 116, 139)");
    expect(await style(text!, "background-color")).toBe(clear);
    expect(await style(text!, "border-top-width")).toBe("0px");
    const widths: number[] = [];
    for (const button of [outlined!, filled!, large!]) widths.push((await button.boundingBox())!.width);
    expect(widths).toEqual(widths.toSorted((one, next) => one - next));
    expect(widths[0]).toBeLessThan(widths[1]!);
    expect(widths[2]).toBe(600);
    expect((await large!.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  });

  it("asks who one is, and is not there for the seller", { timeout: 120_000 }, async () => {
    const page = await visit(null, { contact: [{}] });
    await page.getByRole("button", { name: /Sign in to write/ }).click();
    await page.getByText("Who are you?").waitFor();
    const own = await visit("demo-tom", { contact: [{}], widget: {} });
    await by(own, "widget-launcher").waitFor();
    expect(await by(own, "contact-seller").count()).toBe(0);
  });
});

describe("toasts", () => {
  const show = (page: Page, toast: Toast) =>
    page.evaluate((each) => (window as unknown as { notify: (toast: Toast) => void }).notify(each), toast);
  const toast = (page: Page, title: string) => page.locator("[data-sonner-toast]", { hasText: title });

  it("come in every level, stay as long as they should, and are replaced by their id", {
    timeout: 120_000,
  }, async () => {
    const page = await visit("demo-zoe", { toasts: { position: "bottom-left", theme: "dark" } });
    await page.locator("#root").waitFor({ state: "attached" });
    for (const level of ["info", "success", "warning", "error"] as const) {
      await show(page, { level, title: `A ${level}`, durationMs: 600_000 });
      await toast(page, `A ${level}`).waitFor();
      expect(await toast(page, `A ${level}`).getAttribute("data-type")).toBe(level);
      expect(await toast(page, `A ${level}`).locator("[data-icon] svg").count()).toBe(1);
    }
    const list = page.locator("[data-sonner-toaster]");
    expect(await list.getAttribute("data-x-position")).toBe("left");
    expect(await list.getAttribute("data-y-position")).toBe("bottom");
    expect(await list.getAttribute("data-sonner-theme")).toBe("dark");

    await show(page, { id: "quote", title: "A quote", message: "It is calculated.", durationMs: Infinity });
    await toast(page, "It is calculated.").waitFor();
    await show(page, { title: "A short one", durationMs: 200 });
    await toast(page, "A short one").waitFor({ state: "detached" });
    await show(page, { id: "quote", title: "A quote", message: "It is accepted.", durationMs: Infinity });
    await toast(page, "It is accepted.").waitFor();
    expect(await toast(page, "A quote").count()).toBe(1);
  });

  it("have an icon and an action of the application's", { timeout: 120_000 }, async () => {
    const page = await visit("demo-zoe", { toasts: {} });
    await page.waitForFunction(() => "notify" in window);
    await page.evaluate(() => {
      const { notify } = window as unknown as { notify: (toast: Toast) => void };
      const action = { label: "Look", onClick: () => document.body.append("Looked.") };
      notify({ title: "A document", icon: "📄", action, durationMs: 600_000 });
    });
    await toast(page, "A document").locator("[data-icon]", { hasText: "📄" }).waitFor();
    await toast(page, "A document").getByRole("button", { name: "Look" }).click();
    await page.getByText("Looked.").waitFor();
    await expect.poll(() => toast(page, "A document").count(), { timeout: waitMs }).toBe(0);
  });
});

it("in React's strict mode, which mounts everything twice, there is one of each", {
  timeout: 120_000,
}, async () => {
  const page = await visit("demo-zoe", { strict: true, widget: {}, toasts: {} });
  await by(page, "widget-launcher").click();
  await by(page, "conversation").first().click();
  expect(await page.evaluate(() => (window as { mounts?: number }).mounts)).toBe(2);
  await by(page, "composer").fill("It is there once");
  await by(page, "composer").press("Enter");
  const bubble = (text: string) => by(page, "bubble").filter({ hasText: text });
  await by(page, "delivery").and(page.locator('[data-delivery="sent"]')).last().waitFor();
  await written("demo-tom", "Then I come once");
  await bubble("Then I come once").waitFor();
  expect([await bubble("It is there once").count(), await bubble("Then I come once").count()]).toEqual([
    1, 1,
  ]);
  // What listened twice would show each twice. Toasts go by themselves, so each is noted as it comes.
  await page.evaluate(() => {
    const shown = new Set<Element>();
    Object.assign(window, { titles: () => [...shown].map(({ textContent }) => textContent) });
    new MutationObserver(() => {
      for (const toast of document.querySelectorAll("[data-sonner-toast]")) shown.add(toast);
    }).observe(document.body, { childList: true, subtree: true });
  });
  const toasts = async (title: string) => {
    const all = await page.evaluate(() => (window as unknown as { titles: () => string[] }).titles());
    return all.filter((text) => text.includes(title)).length;
  };
  for (const title of ["The first notice", "The second notice"]) {
    await host(stage.url, "POST", "/api/users/demo-zoe/notifications", { title, message: "For you." });
    await expect.poll(() => toasts(title), { timeout: waitMs }).toBeGreaterThan(0);
  }
  expect(await toasts("The first notice")).toBe(1);
  // One that fell back to long polling has none; a second one never.
  expect(visitors.at(-1)!.sockets.size).toBeLessThanOrEqual(1);
});
