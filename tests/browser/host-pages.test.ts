import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** The pages of host applications, each built of the published components. */
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

const at = (visitor: Visitor, id: string) => visitor.page.locator(`[data-testid="${id}"]`);

async function arrive(account: string, page: string, locale = "en-GB"): Promise<Visitor> {
  const visitor = await stage.visitor(
    await stage.browser.newContext({ viewport: { width: 1_200, height: 800 }, locale }),
  );
  await visitor.page.goto(`${stage.url}/sign-in?next=${page}`);
  await visitor.page.locator(`[data-demo-account="${account}"]`).click();
  await visitor.connected();
  return visitor;
}

async function inOrder({ page, problems }: Visitor): Promise<void> {
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
}

describe("the marketplace", () => {
  it("can be looked at by anyone; who writes signs in first, and finds the thread again", {
    timeout: 180_000,
  }, async () => {
    const zoe = await stage.visitor();
    await zoe.page.goto(`${stage.url}/marketplace`);
    const contact = zoe.page.locator('[data-listing="velo-1962"] [data-testid="contact-seller"]');
    // Language and theme are anybody's to choose.
    await at(zoe, "language-switch").getByRole("button", { name: "FR" }).click();
    await zoe.page.getByRole("heading", { name: "Place de marché" }).waitFor();
    await at(zoe, "theme-switch").selectOption("dark");
    await expectAccessible(zoe.page);
    await at(zoe, "language-switch").getByRole("button", { name: "EN" }).click();
    await contact.click();
    await zoe.page.locator('[data-demo-account="demo-zoe"]').click();
    // What was wanted before the sign-in comes about by itself; once, not at every visit.
    await zoe.say("Is it still for sale?");
    await zoe.page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();
    await zoe.page.reload();
    await zoe.connected();
    await at(zoe, "listing").first().waitFor();
    expect(await zoe.composer.count()).toBe(0);
    await contact.click();
    await zoe.bubble("Is it still for sale?").waitFor();

    const tom = await arrive("demo-tom", "/marketplace");
    await tom.page.locator('[data-listing="velo-1962"] [data-testid="badge"]').waitFor();
    expect(await tom.page.locator('[data-listing="velo-1962"] [data-testid="contact-seller"]').count()).toBe(
      0,
    );
    await at(tom, "bell").click();
    await at(tom, "bell-line").click();
    await tom.say("Yes.");
    await zoe.bubble("Yes.").waitFor();
    // Another listing of the same seller is another conversation; the first is still the same.
    await zoe.page.locator('[data-listing="lampe-arc"] [data-testid="contact-seller"]').click();
    await expect.poll(() => zoe.bubbles(), { timeout: waitMs }).toEqual([]);
    await contact.click();
    await expect.poll(() => zoe.bubbles(), { timeout: waitMs }).toEqual(["Is it still for sale?", "Yes."]);
    await inOrder(zoe);
    await tom.page.context().close();
  });
});

describe("the messages", () => {
  it("show what their page is made of, as the hosts' pages do", { timeout: 120_000 }, async () => {
    const karim = await arrive("demo-karim", "/messages");
    await at(karim, "show-source").click();
    await at(karim, "source").getByText("export default function MessagesPage").waitFor();
    await expectAccessible(karim.page);
    await karim.page.keyboard.press("Escape");
    await at(karim, "source").waitFor({ state: "detached" });
    await inOrder(karim);
  });
});

describe("the portal", () => {
  it("changes live before everyone who looks, and knows what was missed", { timeout: 180_000 }, async () => {
    const [zoe, lea] = [await arrive("demo-zoe", "/portal"), await arrive("demo-lea", "/portal", "fr-FR")];
    const act = () => at(zoe, "act-as-host").click();
    await act();
    for (const { page } of [zoe, lea])
      await page.locator('[data-testid="project"]', { hasText: "20 %" }).waitFor();
    // In the language of the page before them, whatever their account says.
    await zoe.page.locator("[data-sonner-toast]", { hasText: "Your project has begun." }).waitFor();
    await act();
    await zoe.page.locator('[data-testid="documents"]', { hasText: "Plan-2.pdf" }).waitFor();
    await act();
    await zoe.page.locator('[data-testid="quote-status"]', { hasText: "sent" }).waitFor();
    await lea.page.locator('[data-testid="quote-status"]', { hasText: "envoyé" }).waitFor();
    await at(lea, "act-as-host").click();
    await lea.page.locator("[data-sonner-toast]", { hasText: "Léa s’occupe de votre ticket." }).waitFor();
    // Who comes later reads it from the channels' history.
    await lea.page.reload();
    await lea.page.locator('[data-testid="documents"]', { hasText: "Plan-2.pdf" }).waitFor();
    await lea.page.locator('[data-testid="quote-status"]', { hasText: "envoyé" }).waitFor();
    await zoe.say("When does somebody come?");
    await zoe.page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();
    // A screen reader is told of the answer here too: the announcer comes with the thread.
    const ticket = await zoe.page.locator('[data-testid="thread"]').getAttribute("data-conversation-id");
    await sendAs(stage.url, "demo-ana", ticket!, "Tomorrow at eight");
    await at(zoe, "announcer").filter({ hasText: "Tomorrow at eight" }).waitFor({ state: "attached" });
    await inOrder(zoe);
    await inOrder(lea);
  });
});

describe("the bank", () => {
  it("a client and the adviser talk, in the corner and on his page", { timeout: 180_000 }, async () => {
    const [zoe, sam] = [await arrive("demo-zoe", "/bank"), await arrive("demo-sam", "/bank")];
    await at(zoe, "widget-launcher").click();
    await at(zoe, "new-conversation").click();
    await zoe.say("What does the savings account pay?");
    await sam.page.locator('[data-testid="admin-chat"] [data-testid="conversation"]').click();
    await sam.bubble("What does the savings account pay?").waitFor();
    await zoe.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();
    await zoe.composer.press("Escape");
    await at(zoe, "widget-panel").waitFor({ state: "detached" });
    await sam.say("Two per cent.");
    await zoe.page.getByRole("button", { name: "Open messages, 1 unread" }).waitFor();
    await at(zoe, "adviser-line").getByText("Sam Okafor wrote to you.").waitFor();

    // A call is heard here as well.
    await sam.page.goto(`${stage.url}/messages`);
    await at(sam, "conversation").click();
    await at(sam, "call-button").click();
    await zoe.page.locator('[data-testid="call"][data-phase="incoming"]').waitFor();
    await at(zoe, "call-end").click();
    await sam.page.locator('[data-testid="call"][data-outcome="declined"]').waitFor();
    await at(zoe, "call").waitFor({ state: "detached" });
    await inOrder(zoe);
    await inOrder(sam);
  });
});
