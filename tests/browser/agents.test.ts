import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyAction } from "../../web/src/console/use-keys.ts";
import { type Stage, startStage } from "./stage.ts";
import { createSupportDesk, notice, row, type SupportDesk } from "./support-desk.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** An agent's hour at the console: by keys alone, with many at once, and with colleagues who are quicker. */
let stage: Stage;
let desk: SupportDesk;
let ana: Visitor;
let karim: Visitor;
/** Newest last: the list has them the other way round. */
let tickets: string[];

beforeAll(async () => {
  stage = await startStage({ viewport: { width: 1_280, height: 800 } });
  desk = createSupportDesk(stage);
  tickets = [];
  for (const title of ["Saddle", "Pump", "Lock", "Bell"])
    tickets.push(await desk.ticket("demo-tom", title, `About the ${title.toLowerCase()}.`));
  [ana, karim] = [await desk.openConsole("demo-ana"), await desk.openConsole("demo-karim")];
}, 300_000);
afterAll(() => stage?.stop(), 90_000);

const opened = (page: Page) => new URL(page.url()).searchParams.get("conversation");
const actions = (page: Page) => page.locator('[data-testid="actions"]');
const assigneeOf = async (id: string) =>
  (await desk.api<{ assigneeId: string | null }>("demo-ana", "GET", `/api/messages/conversations/${id}`))
    .assigneeId;
const checkbox = (page: Page, id: string) =>
  page.locator(".console-row", { has: row(page, id) }).getByRole("checkbox");
const order = (page: Page) =>
  page
    .locator('[data-testid="console-row"]')
    .evaluateAll((rows) => rows.map((each) => each.getAttribute("data-conversation-id")));
/** Away from the list: what is under the pointer does not move. */
const pointElsewhere = (page: Page) => page.mouse.move(900, 20);

describe("by keys alone", () => {
  const isOpen = (id: string) => expect.poll(() => opened(ana.page), { timeout: waitMs }).toBe(id);
  const has = (status: string) =>
    ana.page.locator(`[data-testid="actions"][data-status="${status}"]`).waitFor();
  const isFocused = (selector: string) => ana.page.locator(`${selector}:focus`).waitFor();
  const isLeft = () =>
    ana.page.waitForFunction(() => document.activeElement === document.body, undefined, { timeout: waitMs });
  const press = (key: string) => ana.page.keyboard.press(key);

  /** In the order of a working hour: each begins where the former ended. */
  const keys: [KeyAction, string, (bell: string, lock: string) => Promise<unknown>][] = [
    ["next", "j", (bell) => isOpen(bell)],
    ["next", "j", (_, lock) => isOpen(lock)],
    ["previous", "k", (bell) => isOpen(bell)],
    ["select", "x", (bell) => expect.poll(() => checkbox(ana.page, bell).isChecked()).toBe(true)],
    ["select", "x", (bell) => expect.poll(() => checkbox(ana.page, bell).isChecked()).toBe(false)],
    ["assign", "a", (bell) => expect.poll(() => assigneeOf(bell), { timeout: waitMs }).toBe("demo-ana")],
    ["note", "n", () => isFocused('[data-testid="note-composer"]')],
    ["leave", "Escape", () => isLeft()],
    ["reply", "r", () => isFocused('[data-testid="composer"]')],
    ["leave", "Escape", () => isLeft()],
    ["canned", "/", () => ana.page.locator('[data-testid="offers"]').waitFor()],
    // The first closes the list, the second leaves the field.
    ["leave", "Escape", () => ana.page.locator('[data-testid="offers"]').waitFor({ state: "detached" })],
    ["leave", "Escape", () => isLeft()],
    ["search", "f", () => isFocused(".console-search")],
    ["leave", "Escape", () => isLeft()],
    ["context", "i", () => ana.page.locator('[data-testid="context"][data-shown]').waitFor()],
    ["close", "e", () => has("closed")],
    ["reopen", "o", () => has("open")],
    ["help", "?", () => ana.page.getByRole("dialog", { name: "Keyboard" }).waitFor()],
  ];

  it("each key that the help names does what it says", { timeout: 240_000 }, async () => {
    const [, , lock, bell] = tickets as [string, string, string, string];
    await pointElsewhere(ana.page);
    await row(ana.page, bell).waitFor();
    for (const [action, key, done] of keys) {
      await press(key);
      await done(bell, lock).catch((error: Error) => {
        throw new Error(`${action} (${key}): ${error.message}`, { cause: error });
      });
    }
    const named = await ana.page
      .locator(".key-list [data-action]")
      .evaluateAll((lines) => lines.map((line) => line.getAttribute("data-action")));
    expect(new Set(named)).toEqual(new Set(keys.map(([action]) => action)));
    await press("Escape");
    await ana.page.getByRole("dialog").waitFor({ state: "detached" });
    await ana.composer.fill("");
  });

  it("switched off they rest, and the button beside the views brings them back", {
    timeout: 120_000,
  }, async () => {
    const switchKeys = async () => {
      await ana.page.locator('[data-testid="keys"]').click();
      await ana.page.getByRole("dialog").getByRole("checkbox").click();
      await press("Escape");
      await ana.page.getByRole("dialog").waitFor({ state: "detached" });
    };
    const before = opened(ana.page);
    await switchKeys();
    await press("j");
    await press("?");
    expect(await ana.page.getByRole("dialog").count()).toBe(0);
    expect(opened(ana.page)).toBe(before);
    await switchKeys();
    await press("?");
    await ana.page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await press("Escape");
  });

  it("they act with a row's checkbox just ticked, and go on from where a closed one stood", {
    timeout: 120_000,
  }, async () => {
    await pointElsewhere(ana.page);
    const [first, second, third] = (await order(ana.page)) as [string, string, string];
    await row(ana.page, second).click();
    await isOpen(second);
    await checkbox(ana.page, third).click();
    await pointElsewhere(ana.page);
    await press("e");
    await has("closed");
    await row(ana.page, second).waitFor({ state: "detached" });
    await press("j");
    await isOpen(third);
    await press("k");
    await isOpen(first);
    await checkbox(ana.page, third).click();
    await pointElsewhere(ana.page);
    await desk.api("demo-ana", "POST", `/api/messages/conversations/${second}/reopen`);
    await row(ana.page, second).waitFor();
  });
});

describe("what one looks for", () => {
  it("shows under the pointer: another filter is another list, however long the former was held", {
    timeout: 120_000,
  }, async () => {
    const [saddle, pump] = tickets as [string, string];
    await row(ana.page, pump).hover();
    await ana.page.locator('[data-testid="console-list"][data-held]').waitFor();
    await ana.page.keyboard.press("f");
    await ana.page.locator(".console-search").fill("sadd");
    await expect.poll(() => order(ana.page), { timeout: waitMs }).toEqual([saddle]);
    await ana.page.getByRole("button", { name: "Messages", exact: true }).click();
    await ana.page.locator(".console-search").fill("pump");
    const hit = ana.page.locator('[data-testid="hits"] button', { hasText: "About the pump." });
    await hit.waitFor();
    await ana.page.reload();
    await hit.click();
    await ana.bubble("About the pump.").waitFor();
    await ana.page.getByRole("button", { name: "Conversations", exact: true }).click();
    await ana.page.locator(".console-search").fill("");
    await expect.poll(async () => (await order(ana.page)).length, { timeout: waitMs }).toBe(4);
  });
});

describe("one that waits for the customer", () => {
  it("is put aside, closed from there, and taken back", { timeout: 120_000 }, async () => {
    const [, pump] = tickets as [string, string];
    await actions(ana.page).getByRole("button", { name: "Pending" }).click();
    await ana.page.locator('[data-testid="actions"][data-status="pending"]').waitFor();
    await ana.page.locator(".thread-subject", { hasText: "Pending · Pump" }).waitFor();
    await actions(ana.page).getByRole("button", { name: "Close" }).click();
    await ana.page.locator('[data-testid="actions"][data-status="closed"]').waitFor();
    await notice(ana.page, "Closed.").getByRole("button", { name: "Undo" }).click();
    await ana.page.locator('[data-testid="actions"]:not([data-status="closed"])').waitFor();
    await desk.api("demo-ana", "POST", `/api/messages/conversations/${pump}/reopen`);
    await row(ana.page, pump).waitFor();
  });
});

describe("many at once", () => {
  it("what others took meanwhile is told with who has it, stays selected, and can be taken over", {
    timeout: 120_000,
  }, async () => {
    const [saddle, pump, lock] = tickets as [string, string, string];
    await pointElsewhere(ana.page);
    for (const id of [saddle, pump, lock]) await checkbox(ana.page, id).click();
    await ana.page.locator('[data-testid="bulk"]', { hasText: "3 selected" }).waitFor();
    let quicker: Promise<unknown> | undefined;
    const first = async (route: Route) => {
      quicker ??= desk.api("demo-karim", "POST", `/api/messages/conversations/${pump}/assign`, {
        assigneeId: "demo-karim",
        expected: null,
      });
      await quicker;
      await route.continue();
    };
    await ana.page.route("**/assign", first);
    await ana.page.locator('[data-testid="bulk"]').getByRole("button", { name: "Assign to me" }).click();
    // At once: what is told goes away by itself.
    await notice(ana.page, "Karim Benali has 1").getByRole("button", { name: "Take it over" }).click();
    for (const id of [saddle, lock]) expect(await assigneeOf(id)).toBe("demo-ana");
    await ana.page.locator('[data-testid="bulk"]', { hasText: "1 selected" }).waitFor();
    expect(await checkbox(ana.page, pump).isChecked()).toBe(true);
    await expect.poll(() => assigneeOf(pump), { timeout: waitMs }).toBe("demo-ana");
    await ana.page.unroute("**/assign");
    await ana.page.locator('[data-testid="bulk"]').getByRole("button", { name: "Clear selection" }).click();
  });

  it("are given to a colleague, who has them among theirs", { timeout: 120_000 }, async () => {
    const [saddle, pump] = tickets as [string, string];
    await karim.page.locator('[data-testid="views"]').getByRole("button", { name: "Mine" }).click();
    await karim.page.locator('[data-testid="console-empty"]').waitFor();
    for (const id of [saddle, pump]) await checkbox(ana.page, id).click();
    const bulk = ana.page.locator('[data-testid="bulk"]');
    await bulk.locator('[data-testid="assignee"]').selectOption("demo-karim");
    await notice(ana.page, "2 assigned.").waitFor();
    await bulk.waitFor({ state: "detached" });
    await pointElsewhere(karim.page);
    for (const id of [saddle, pump]) await row(karim.page, id).waitFor();
    await karim.page.locator('[data-testid="views"]').getByRole("button", { name: "All" }).click();
  });
});

describe("who else is there", () => {
  it("is named, and that they write: a note, a reply", { timeout: 120_000 }, async () => {
    const [saddle] = tickets as [string];
    for (const each of [ana, karim]) await row(each.page, saddle).click();
    const company = ana.page.locator('[data-testid="company"]');
    await company.getByText("Karim Benali also looks at this").waitFor();
    await karim.page.getByRole("button", { name: "Private note", exact: true }).click();
    await karim.page.locator('[data-testid="note-composer"]').pressSequentially("Mind");
    await company.getByText("Karim Benali also looks at this · Karim Benali writes a note…").waitFor();
    await karim.page.getByRole("button", { name: "Reply", exact: true }).click();
    await karim.composer.pressSequentially("We");
    await ana.page.locator('[data-testid="typing"]', { hasText: "Karim Benali" }).waitFor();
    await karim.composer.fill("");
    await karim.page.locator('[data-testid="views"]').getByRole("button", { name: "All" }).click();
    await row(karim.page, tickets[1]!).click();
    await company.waitFor({ state: "detached" });
  });

  it("what is claimed and read here is not unread in the list", { timeout: 120_000 }, async () => {
    const id = await desk.ticket("demo-zoe", "Rack", "Is the rack there?");
    await pointElsewhere(ana.page);
    await row(ana.page, id).click();
    await ana.bubble("Is the rack there?").waitFor();
    await actions(ana.page).getByRole("button", { name: "Assign to me" }).click();
    await row(ana.page, id).locator(".console-row-state", { hasText: "You" }).waitFor();
    await row(ana.page, id).locator('[data-testid="unread"]').waitFor({ state: "detached" });
    tickets.push(id);
  });
});

describe("automatic assignment", () => {
  const dialog = (page: Page) => page.getByRole("dialog", { name: "Team" });
  const person = (page: Page, name: string) => dialog(page).locator("li", { hasText: name });
  const openTeam = async (page: Page) => {
    await page.locator('[data-testid="team"]').click();
    await dialog(page).waitFor();
  };
  /** Of who has a desk: how many they have. */
  const openOf = async (userId: string) => {
    const { items } = await desk.api<{ items: { userId: string; open: number }[] }>(
      "demo-ana",
      "GET",
      "/api/support/desks",
    );
    return items.find((each) => each.userId === userId)!.open;
  };

  it("gives the oldest to who has room, and the next with every room that is made", {
    timeout: 180_000,
  }, async () => {
    await openTeam(karim.page);
    await person(karim.page, "Karim").getByRole("checkbox").click();
    await expect.poll(() => person(karim.page, "Karim").getByRole("checkbox").isChecked()).toBe(false);
    const older = await desk.ticket("demo-zoe", "Light", "The light is dim.");
    const newer = await desk.ticket("demo-tom", "Chain", "The chain is off.");
    const has = await openOf("demo-ana");
    await openTeam(ana.page);
    const capacity = person(ana.page, "Ana").getByRole("spinbutton");
    await capacity.fill(String(has + 1));
    await capacity.blur();
    await person(ana.page, "Ana")
      .getByText(`${has} of ${has + 1}`)
      .waitFor();
    // Who is no administrator sees how it is set, and cannot set it.
    expect(await dialog(ana.page).locator('[data-testid="assignment"]').isDisabled()).toBe(true);
    const sam = await desk.openConsole("demo-sam");
    await openTeam(sam.page);
    await person(sam.page, "Sam").getByRole("checkbox").uncheck();
    await dialog(sam.page).locator('[data-testid="assignment"]').selectOption("least_busy");
    await expect.poll(() => assigneeOf(older), { timeout: waitMs }).toBe("demo-ana");
    await person(sam.page, "Ana")
      .getByText(`${has + 1} of ${has + 1}`)
      .waitFor();
    await person(ana.page, "Ana")
      .getByText(`${has + 1} of ${has + 1}`)
      .waitFor();
    expect(await assigneeOf(newer)).toBeNull();
    await capacity.fill(String(has + 2));
    await capacity.blur();
    await expect.poll(() => assigneeOf(newer), { timeout: waitMs }).toBe("demo-ana");
    await dialog(sam.page).locator('[data-testid="assignment"]').selectOption("off");
    await ana.page.keyboard.press("Escape");
    await pointElsewhere(ana.page);
    await row(ana.page, newer).locator(".console-row-state", { hasText: "You" }).waitFor();
    expect([ana.problems, karim.problems, sam.problems]).toEqual([[], [], []]);
  });
});
