import { AxeBuilder } from "@axe-core/playwright";
import { freePort } from "@parloir/local/ports.ts";
import type { ConsoleMessage, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { host } from "./host.ts";
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
