import { readFile } from "node:fs/promises";
import type { Locator, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { drag } from "./dragging.ts";
import { type Stage, startStage } from "./stage.ts";
import { beyond, createSupportDesk, notice, row, type SupportDesk } from "./support-desk.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** Two agents and their customers before a real cluster: the console and the statistics. */
let stage: Stage;
let desk: SupportDesk;
let ana: Visitor;
let karim: Visitor;

let bike: string;
let lamp: string;
beforeAll(async () => {
  stage = await startStage({ viewport: { width: 1_280, height: 800 }, timezoneId: "UTC" });
  desk = createSupportDesk(stage);
  bike = await desk.ticket("demo-zoe", "A bicycle", "Where is my bicycle?");
  lamp = await desk.ticket("demo-tom", "A lamp", "The lamp is broken.");
  [ana, karim] = [await desk.openConsole("demo-ana"), await desk.openConsole("demo-karim")];
}, 300_000);
afterAll(() => stage?.stop(), 90_000);

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
    // Refused in words, instead of opening in the place of the page.
    expect(await drag(ana.page, "drop", ".thread-log", "contract.txt")).toBe(true);
    await ana.page.getByText("A note takes no files.").waitFor();
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
    await ana.page
      .locator('[data-testid="hits"] button', { hasText: /Zoé Lambert.*Where is my/ })
      .first()
      .click();
    await ana.bubble("Where is my bicycle?").waitFor();
    await ana.page.locator(".console-search").fill("");
    await ana.page.locator('[data-testid="views"]').getByRole("button", { name: "All" }).click();
    await row(ana.page, bike).waitFor();
  });

  it("axe finds nothing serious in it, in both themes, on a tablet and on a phone", {
    timeout: 240_000,
  }, async () => {
    await ana.page.locator('[data-testid="team"]').click();
    await ana.page.locator('[data-testid="team-list"]', { hasText: "Karim Benali" }).waitFor();
    await ana.page.keyboard.press("Escape");
    await expectAccessible(ana.page);
    await ana.page.emulateMedia({ colorScheme: "dark" });
    await ana.page.setViewportSize({ width: 834, height: 1_112 });
    await ana.page.getByRole("button", { name: "Show the customer" }).click();
    await ana.page.locator('[data-testid="context"][data-shown]').waitFor();
    await expectAccessible(ana.page);
    expect(await beyond(ana.page)).toBe(0);
    // French words are the longer ones: nothing of a pane may lie over the next.
    await ana.page.getByRole("button", { name: "FR", exact: true }).click();
    await ana.page.getByRole("button", { name: "Non attribuées" }).waitFor();
    const tooWide = () =>
      ana.page.locator(".list *, .console-head *").evaluateAll((all) =>
        all
          .filter((each) => {
            const pane = each.closest(".list, .console-head")!.getBoundingClientRect();
            return each.getBoundingClientRect().right > pane.right + 1;
          })
          .map((each) => each.outerHTML),
      );
    for (const width of [834, 1_112, 1_280]) {
      await ana.page.setViewportSize({ width, height: 900 });
      expect(await tooWide(), `${width} px`).toEqual([]);
    }
    await ana.page.getByRole("button", { name: "EN", exact: true }).click();
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
    await expectAccessible(ana.page);
    const saved = ana.page.waitForEvent("download");
    await waits.getByRole("button", { name: "Save as CSV" }).click();
    expect((await saved).suggestedFilename()).toBe("waits.csv");
    await waits.getByRole("link", { name: "Open" }).first().click();
    await ana.bubble("Where is my bicycle?").waitFor();
    expect(ana.problems).toEqual([]);
  });
});

describe("the statistics of one agent", () => {
  /** Three days ago at night, when nobody else of these tests wrote: two whom nobody answered, then three who were. */
  const night = Math.floor(Date.now() / 86_400_000 - 3) * 86_400_000;
  const hour = (n: number) => `${((new Date(night).getUTCDay() + 6) % 7) + 1}-0${n}`;
  const waits = () => ana.page.locator('[data-testid="waits"]');
  const lines = () => waits().locator("tbody tr");
  const by = (testId: string) => ana.page.locator(`[data-testid="${testId}"]`);

  async function leadsTo(figure: Locator, count: number, about: string): Promise<void> {
    await figure.click();
    await waits().getByRole("paragraph").getByText(about, { exact: true }).waitFor();
    await expect.poll(() => lines().count(), { timeout: waitMs }).toBe(count);
  }

  beforeAll(async () => {
    await stage.database.query(
      `INSERT INTO waits (conversation_id, cycle, start_seq, end_seq, measure, kind, outcome, started_at, ended_at,
        agent_id, assignee_id, ms)
       SELECT uuidv7(), 1, 1, 2, measure, 'support', outcome, at, at + seconds * interval '1 second',
        CASE WHEN outcome = 'answered' THEN 'demo-sam' END, 'demo-sam', seconds * 1000
       FROM (VALUES
        ('first_reply', 'closed_unanswered', $1::timestamptz + interval '3 hours', 50),
        ('first_reply', 'closed_unanswered', $1::timestamptz + interval '3 hours 1 minute', 50),
        ('first_reply', 'answered', $1::timestamptz + interval '4 hours', 30),
        ('first_reply', 'answered', $1::timestamptz + interval '4 hours 1 minute', 200),
        ('first_reply', 'answered', $1::timestamptz + interval '4 hours 2 minutes', 4000),
        ('resolution', 'resolved', $1::timestamptz + interval '4 hours', 5000)) AS w (measure, outcome, at, seconds)`,
      [new Date(night).toISOString()],
    );
    await ana.page.goto(`${stage.url}/admin/stats?agent=demo-sam`);
    await by("by-agent").getByRole("button", { name: "Sam Okafor" }).waitFor();
  }, 60_000);

  it("lead to their conversations from every figure, by agent, by hour and by how long it took", {
    timeout: 180_000,
  }, async () => {
    await leadsTo(
      by("tile-first_reply").getByRole("button", { name: "2 without a reply" }),
      2,
      "First reply, without a reply",
    );
    const figures = by("by-agent").locator("tbody tr").getByRole("button");
    await leadsTo(figures.nth(1), 3, "First reply, answered, Sam Okafor");
    await leadsTo(figures.nth(4), 2, "without a reply, Sam Okafor");
    const bars = by("distribution").getByRole("table", { name: "First reply" }).locator("tr");
    await leadsTo(bars.nth(1).getByRole("button"), 1, "First reply, answered, longer than 1m, up to 5m");
    // The next one is drawn at rest: it leads nowhere.
    expect(await bars.nth(2).getByRole("button").isDisabled()).toBe(true);
    const ignored = by("by-hour").locator(`[data-hour="${hour(3)}"]`);
    expect([await ignored.textContent(), await ignored.getAttribute("data-mark")]).toEqual(["2", "ignored"]);
    const day = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(night);
    await leadsTo(ignored, 2, `First reply, ${day} 3 h`);
    // The page has gone to the list, and its end goes back to the figure.
    expect(await waits().evaluate((list) => list === document.activeElement)).toBe(true);
    await waits().getByRole("button", { name: "Close" }).click();
    expect(await ignored.evaluate((figure) => figure === document.activeElement)).toBe(true);
  });

  it("are the same in a file as on the page", { timeout: 120_000 }, async () => {
    await leadsTo(by("by-agent").getByRole("button", { name: "Sam Okafor" }), 6, "Sam Okafor");
    const shown = await lines().evaluateAll((rows) =>
      rows.map((each) => [
        new URL(each.querySelector("a")!.href).searchParams.get("conversation"),
        each.querySelector("time")!.dateTime,
      ]),
    );
    const saved = ana.page.waitForEvent("download");
    await waits().getByRole("button", { name: "Save as CSV" }).click();
    const file = await readFile(await (await saved).path(), "utf8");
    const [head, ...rest] = file.trimEnd().split("\r\n");
    const columns = head!.split(",");
    const column = (line: string, name: string) => line.split(",")[columns.indexOf(name)];
    const written = rest.map((line) => [column(line, "conversationId"), column(line, "startedAt")]);
    expect(written.toSorted()).toEqual(shown.toSorted());
    expect(rest.map((line) => Number(column(line, "seconds"))).toSorted((a, b) => a - b)).toEqual([
      30, 50, 50, 200, 4_000, 5_000,
    ]);
  });

  it("come page by page; one that failed is asked for again", { timeout: 120_000 }, async () => {
    await stage.database.query(
      `INSERT INTO waits (conversation_id, cycle, start_seq, end_seq, measure, kind, outcome, started_at, ended_at,
        agent_id, ms)
       SELECT uuidv7(), 1, 1, 2, 'next_reply', 'support', 'answered', $1::timestamptz, $1, 'demo-night', 0
       FROM generate_series(1, 55)`,
      [new Date(night).toISOString()],
    );
    await ana.page.goto(`${stage.url}/admin/stats?agent=demo-night`);
    await leadsTo(
      by("tile-next_reply").getByRole("button", { name: "55 answered" }),
      50,
      "Next reply, answered",
    );
    await ana.page.route("**/api/stats/waits?*cursor=*", (route) => route.abort(), { times: 1 });
    const more = waits().getByRole("button", { name: "Show more" });
    await more.click();
    await waits().getByRole("alert").waitFor();
    await more.click();
    await expect.poll(() => lines().count(), { timeout: waitMs }).toBe(55);
    await more.waitFor({ state: "detached" });
    expect(await waits().getByRole("alert").count()).toBe(0);
  });

  it("fit a laptop and a tablet, and axe finds nothing serious, in both themes", {
    timeout: 240_000,
  }, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await ana.page.emulateMedia({ colorScheme });
      await expectAccessible(ana.page);
    }
    await ana.page.emulateMedia({ colorScheme: "light" });
    for (const width of [1_280, 1_112, 834]) {
      await ana.page.setViewportSize({ width, height: 800 });
      expect(await beyond(ana.page), `${width} px`).toBeLessThanOrEqual(0);
    }
    await ana.page.setViewportSize({ width: 1_280, height: 800 });
    expect(ana.problems).toEqual([]);
  });
});

describe("what waits now", () => {
  const waiting = async () =>
    (await desk.api<{ waiting: { n: number } }>("demo-ana", "GET", "/api/stats/response-times")).waiting.n;
  const until = (n: number) => expect.poll(waiting, { timeout: waitMs }).toBe(n);

  it("moves on by itself, in the figure and in its list", { timeout: 180_000 }, async () => {
    const before = await waiting();
    const visitor = await stage.visitor();
    const { page } = visitor;
    await page.clock.install();
    await page.goto(`${stage.url}/admin/stats`);
    await page.locator('[data-demo-account="demo-karim"]').click();
    const tile = page.locator('[data-testid="tile-waiting"] button');
    const lines = page.locator('[data-testid="waits"] tbody tr');
    /** Half a minute on, as often as a busy machine needs. */
    const moved = (what: () => Promise<unknown>, expected: unknown) =>
      expect
        .poll(
          async () => {
            await page.clock.fastForward(31_000);
            return what();
          },
          { timeout: 2 * waitMs, interval: 1_000 },
        )
        .toEqual(expected);
    await expect.poll(() => tile.textContent(), { timeout: waitMs }).toBe(String(before));
    const id = await desk.ticket("demo-zoe", "A basket", "Does the basket fit?");
    await until(before + 1);
    await moved(() => tile.textContent(), String(before + 1));
    await tile.click();
    await expect.poll(() => lines.count(), { timeout: waitMs }).toBe(before + 1);
    await desk.write("demo-karim", id, "It does.");
    await until(before);
    await moved(async () => [await tile.textContent(), await lines.count()], [String(before), before]);
    expect(visitor.problems).toEqual([]);
    await page.context().close();
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
