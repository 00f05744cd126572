import { AxeBuilder } from "@axe-core/playwright";
import { freePort } from "@parloir/local/ports.ts";
import type { ConsoleMessage, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { host, sendAs } from "./host.ts";
import { type HostSite, startHostSite } from "./host-page.ts";
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

async function visit(site: HostSite, attributes: string) {
  const context = await stage.browser.newContext({ viewport: { width: 1_200, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const said: string[] = [];
  page.on("console", (message: ConsoleMessage) => said.push(message.text()));
  await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
  return { page, said };
}

const launcher = (page: Page) => page.getByRole("button", { name: /Messages/ });
const frameOf = (page: Page): FrameLocator => page.frameLocator("iframe");

describe("on a page that did not configure it", () => {
  it("nothing is shown, the page goes on, and the console says why", { timeout: 120_000 }, async () => {
    const { page, said } = await visit(shop, "");
    await expect.poll(() => said.join("\n"), { timeout: waitMs }).toContain("data-token-url");
    expect(await page.locator("#shop").textContent()).toBe("The shop goes on.");
    expect(await page.getByRole("button").count()).toBe(0);
    await page.context().close();
  });
});

describe("on a site that the cluster does not know", () => {
  it("the button is there, and the console says what to do", { timeout: 120_000 }, async () => {
    const { page, said } = await visit(stranger, tokenUrl);
    await launcher(page).waitFor();
    await expect.poll(() => said.join("\n"), { timeout: waitMs }).toContain("ALLOWED_ORIGINS");
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
    const { violations } = await new AxeBuilder({ page }).exclude("#shop").analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

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

/** What a host page calls, in its own window. */
const call = (page: Page, ...args: unknown[]) =>
  page.evaluate(
    (given) => (window as unknown as { Parloir: (...all: unknown[]) => void }).Parloir(...given),
    args,
  );
const styleOf = (page: Page, name: string) =>
  launcher(page).evaluate((element, each) => getComputedStyle(element).getPropertyValue(each), name);

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
