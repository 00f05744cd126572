import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, type Stage, startStage } from "./stage.ts";
import { beyond, createSupportDesk, notice, row, type SupportDesk, seriousIn } from "./support-desk.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** Two agents and their customers before a real cluster: the console and the statistics. */
let stage: Stage;
let desk: SupportDesk;
let ana: Visitor;
let karim: Visitor;

let bike: string;
let lamp: string;
beforeAll(async () => {
  stage = await startStage({ viewport: { width: 1_280, height: 800 } });
  desk = createSupportDesk(stage);
  bike = await desk.ticket("demo-zoe", "A bicycle", "Where is my bicycle?");
  lamp = await desk.ticket("demo-tom", "A lamp", "The lamp is broken.");
  [ana, karim] = [await desk.openConsole("demo-ana"), await desk.openConsole("demo-karim")];
}, 300_000);
afterAll(() => stage?.stop(), 90_000);

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.UPDATE_SCREENSHOTS !== "1") return;
  await mkdir(path.join(root, "docs/images"), { recursive: true });
  await page.screenshot({ path: path.join(root, `docs/images/${name}.png`) });
}

describe("the console", () => {
  it("shows what customers wrote; opening one shows the thread and who the customer is", {
    timeout: 120_000,
  }, async () => {
    await row(ana.page, lamp).waitFor();
    await row(ana.page, bike).click();
    await ana.bubble("Where is my bicycle?").waitFor();
    await ana.page.locator('[data-testid="context"]', { hasText: "Zoé Lambert" }).waitFor();
    await ana.page.locator('[data-testid="context"]', { hasText: "First reply" }).waitFor();
    expect(new URL(ana.page.url()).searchParams.get("conversation")).toBe(bike);
  });

  it("an agent takes it; the other, who was slower, is told who has it, and takes it over", {
    timeout: 120_000,
  }, async () => {
    await row(karim.page, bike).click();
    await karim.page.locator('[data-testid="company"]', { hasText: "Ana Ruiz" }).waitFor();
    // What Karim sees is old: his list is told of nothing while Ana takes it.
    const first = async (route: Route) => {
      await desk.api("demo-ana", "POST", `/api/messages/conversations/${bike}/assign`, {
        assigneeId: "demo-ana",
        expected: null,
      });
      await route.continue();
    };
    await karim.page.route("**/assign", first, { times: 1 });
    await karim.page.locator('[data-testid="assign-me"]').click();
    const told = notice(karim.page, "Ana Ruiz");
    await told.waitFor();
    await ana.page.locator('[data-testid="actions"] [data-testid="assignee"]').waitFor();
    await expect
      .poll(() => ana.page.locator('[data-testid="actions"] [data-testid="assignee"]').inputValue(), {
        timeout: waitMs,
      })
      .toBe("demo-ana");
    await told.getByRole("button", { name: "Take it over" }).click();
    await expect
      .poll(() => karim.page.locator('[data-testid="actions"] [data-testid="assignee"]').inputValue(), {
        timeout: waitMs,
      })
      .toBe("demo-karim");
  });

  it("a note reaches the other agent and stands in the thread; a canned reply fills in the names", {
    timeout: 120_000,
  }, async () => {
    await ana.page.getByRole("button", { name: "Private note", exact: true }).click();
    await ana.page.locator('[data-testid="note-composer"]').fill("She is a good customer.");
    await ana.page.locator('[data-testid="note-composer"]').press("Enter");
    await karim.page.locator('[data-testid="note"]', { hasText: "She is a good customer." }).waitFor();
    await desk.api("demo-ana", "POST", "/api/canned-replies", {
      shortcut: "hello",
      title: "Greeting",
      content: "Hello {customer.name}, {agent.name} here about {subject.title}.",
    });
    await ana.page.getByRole("button", { name: "Reply", exact: true }).click();
    await ana.composer.pressSequentially("/hel");
    await ana.page.locator('[data-testid="offers"]', { hasText: "Greeting" }).waitFor();
    await ana.composer.press("Enter");
    await expect
      .poll(() => ana.composer.inputValue(), { timeout: waitMs })
      .toBe("Hello Zoé Lambert, Ana Ruiz here about A bicycle.");
    await ana.composer.press("Enter");
    await karim.bubble("Hello Zoé Lambert").waitFor();
    await picture(ana.page, "console");
  });

  it("closes, and takes it back; the keys do the same", { timeout: 120_000 }, async () => {
    await ana.page.locator('[data-testid="set-close"]').click();
    const closed = notice(ana.page, "Closed.");
    await closed.waitFor();
    await row(ana.page, bike).waitFor({ state: "detached" });
    await closed.getByRole("button", { name: "Undo" }).click();
    await row(ana.page, bike).waitFor();
    await ana.page.locator(".bar-brand").click();
    await ana.page.keyboard.press("e");
    await ana.page.locator('[data-testid="actions"][data-status="closed"]').waitFor();
    await ana.page.keyboard.press("o");
    await ana.page.locator('[data-testid="actions"][data-status="open"]').waitFor();
    await ana.page.keyboard.press("?");
    await ana.page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await ana.page.keyboard.press("Escape");
    const open = () => new URL(ana.page.url()).searchParams.get("conversation");
    const rows = ana.page.locator('[data-testid="console-row"]');
    const [first, second] = [
      await rows.nth(0).getAttribute("data-conversation-id"),
      await rows.nth(1).getAttribute("data-conversation-id"),
    ];
    await rows.nth(0).click();
    await ana.composer.waitFor();
    // Several in a row: the thread that opens must not take the next key for a text.
    for (const [key, id] of [
      ["j", second],
      ["k", first],
      ["j", second],
    ] as const) {
      await ana.page.keyboard.press(key);
      await expect.poll(open, { timeout: waitMs }).toBe(id);
      await ana.composer.waitFor();
    }
    expect(await ana.composer.inputValue()).toBe("");
    await row(ana.page, bike).click();
  });

  it("rows stay under the pointer, and move when it leaves", { timeout: 120_000 }, async () => {
    await ana.page.mouse.move(900, 20);
    await desk.write("demo-tom", lamp, "It is still broken.");
    const order = () =>
      ana.page
        .locator('[data-testid="console-row"]')
        .evaluateAll((rows) => rows.map((each) => each.getAttribute("data-conversation-id")));
    await expect.poll(order, { timeout: waitMs }).toEqual([lamp, bike]);
    await row(ana.page, bike).hover();
    await ana.page.locator('[data-testid="console-list"][data-held]').waitFor();
    await desk.write("demo-zoe", bike, "And my bicycle?");
    await row(ana.page, bike).locator('[data-testid="preview"]', { hasText: "And my bicycle?" }).waitFor();
    await ana.page.locator(".list-waiting").waitFor();
    expect(await order()).toEqual([lamp, bike]);
    await ana.page.mouse.move(900, 20);
    await expect.poll(order, { timeout: waitMs }).toEqual([bike, lamp]);
  });

  it("several are closed at once, and taken back at once", { timeout: 120_000 }, async () => {
    for (const id of [bike, lamp])
      await ana.page
        .locator(".console-row", { has: row(ana.page, id) })
        .getByRole("checkbox")
        .click();
    await ana.page.locator('[data-testid="bulk"]', { hasText: "2 selected" }).waitFor();
    await ana.page.locator('[data-testid="bulk"]').getByRole("button", { name: "Close" }).click();
    const told = notice(ana.page, "2 closed.");
    await told.waitFor();
    await told.getByRole("button", { name: "Undo" }).click();
    await ana.page.mouse.move(900, 20);
    for (const id of [bike, lamp]) await row(ana.page, id).waitFor();
  });

  it("filters stand in the address, and a search finds what messages say", {
    timeout: 120_000,
  }, async () => {
    await ana.page.locator('[data-testid="views"]').getByRole("button", { name: "Unassigned" }).click();
    await row(ana.page, bike).waitFor({ state: "detached" });
    expect(new URL(ana.page.url()).searchParams.get("view")).toBe("unassigned");
    await ana.page.reload();
    await row(ana.page, lamp).waitFor();
    await ana.page.locator(".console-search").fill("bicycle");
    await ana.page.getByRole("button", { name: "Messages", exact: true }).click();
    await ana.page.locator('[data-testid="hits"] button', { hasText: "Where is my" }).first().click();
    await ana.bubble("Where is my bicycle?").waitFor();
    await ana.page.locator(".console-search").fill("");
    await ana.page.locator('[data-testid="views"]').getByRole("button", { name: "All" }).click();
    await row(ana.page, bike).waitFor();
  });

  it("axe finds nothing serious in it, in both themes, on a tablet and on a phone", {
    timeout: 120_000,
  }, async () => {
    await ana.page.locator('[data-testid="team"]').click();
    await ana.page.locator('[data-testid="team-list"]', { hasText: "Karim Benali" }).waitFor();
    await picture(ana.page, "console-team");
    await ana.page.keyboard.press("Escape");
    expect(await seriousIn(ana.page)).toEqual([]);
    await ana.page.emulateMedia({ colorScheme: "dark" });
    await ana.page.setViewportSize({ width: 834, height: 1_112 });
    await ana.page.getByRole("button", { name: "Show the customer" }).click();
    await ana.page.locator('[data-testid="context"][data-shown]').waitFor();
    await picture(ana.page, "console-tablet");
    expect(await seriousIn(ana.page)).toEqual([]);
    expect(await beyond(ana.page)).toBe(0);
    await ana.page.setViewportSize({ width: 390, height: 844 });
    const close = await ana.page.locator('[data-testid="set-close"]').boundingBox();
    expect(close!.x + close!.width).toBeLessThanOrEqual(390);
    expect(await beyond(ana.page)).toBe(0);
    await ana.page.setViewportSize({ width: 1_280, height: 800 });
    await ana.page.emulateMedia({ colorScheme: "light" });
    expect([ana.problems, karim.problems]).toEqual([[], []]);
  });
});

describe("the statistics", () => {
  it("tell how long it took, and each figure leads to its conversations", { timeout: 120_000 }, async () => {
    await ana.page.goto(`${stage.url}/admin/stats`);
    const tile = ana.page.locator('[data-testid="tile-first_reply"]');
    await tile.getByRole("button", { name: "1 answered" }).click();
    const waits = ana.page.locator('[data-testid="waits"]');
    await waits.getByRole("link", { name: "Open" }).first().waitFor();
    await picture(ana.page, "stats");
    expect(await seriousIn(ana.page)).toEqual([]);
    const saved = ana.page.waitForEvent("download");
    await waits.getByRole("button", { name: "Save as CSV" }).click();
    expect((await saved).suggestedFilename()).toBe("waits.csv");
    await waits.getByRole("link", { name: "Open" }).first().click();
    await ana.bubble("Where is my bicycle?").waitFor();
    expect(ana.problems).toEqual([]);
  });
});

describe("who only looks into a conversation", () => {
  it("is told who of the others wrote what", { timeout: 120_000 }, async () => {
    const id = await desk.ticket("demo-tom", "Bell", "The bell does not ring.");
    await desk.write("demo-karim", id, "I send you another one.");
    await ana.page.goto(`${stage.url}/admin/messages?status=any&conversation=${id}`);
    await ana.bubble("I send you another one.").waitFor();
    const authors = ana.page.locator('[data-testid="thread"] .message-author');
    await expect.poll(() => authors.allTextContents()).toEqual(["Tom Becker", "Karim Benali"]);
  });
});

describe("who is no agent", () => {
  it.each(["/admin/messages", "/admin/stats"])("is told so at %s", { timeout: 120_000 }, async (address) => {
    const tom = await stage.visitor();
    await tom.page.goto(`${stage.url}${address}`);
    await tom.page.locator('[data-demo-account="demo-tom"]').click();
    await tom.page.getByText("This page is for agents.").waitFor();
    await tom.page.context().close();
  });
});
