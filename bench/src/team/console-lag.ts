import type { Page } from "playwright-core";
import { fillDesk, orderTitle } from "../../../tests/browser/busy-desk.ts";
import type { Stage } from "../../../tests/browser/stage.ts";
import type { TeamOptions } from "./options.ts";

/** What an agent waits for, with the first page of the list loaded and with all of it. */
export interface ConsoleLag {
  loaded: number;
  rows: number;
  /** From a key that goes on to the next conversation until it is the open one, milliseconds. */
  nextKey: number[];
  /** The longest that the page stood still while the list was scrolled, and while messages came. */
  scrolling: number;
  arriving: number;
}

export interface ConsoleFigures {
  /** From the address to the first row. */
  firstRowMs: number;
  /** Until all are loaded, scrolling as fast as they come. */
  allLoadedMs: number;
  first: ConsoleLag;
  all: ConsoleLag;
}

const agent = "demo-ana";
/** Customers who write while one looks, each time. */
const writers = 10;

export async function measureConsole(stage: Stage, { conversations }: TeamOptions): Promise<ConsoleFigures> {
  await fillDesk(stage.database, agent, conversations);
  const { page, ...ana } = await openDesk(stage);
  const customers = await writersOf(stage, 2 * writers);
  const first = await lagOf(page, customers.slice(0, writers));
  const began = performance.now();
  // Who has written stands at the top.
  await loadAll(page, conversations - writers);
  const allLoadedMs = performance.now() - began;
  const all = await lagOf(page, customers.slice(writers));
  await page.context().close();
  return { firstRowMs: ana.firstRowMs, allLoadedMs, first, all };
}

async function openDesk(stage: Stage): Promise<{ page: Page; firstRowMs: number }> {
  const { page } = await stage.visitor();
  await page.goto(`${stage.url}/admin/messages?view=mine`);
  await page.locator(`[data-demo-account="${agent}"]`).click();
  await row(page).waitFor();
  const began = performance.now();
  await page.reload();
  await row(page).waitFor();
  return { page, firstRowMs: performance.now() - began };
}

const row = (page: Page) => page.locator('[data-testid="console-row"]').first();
const scrollerSelector = '[data-testid="console-list"] [data-virtuoso-scroller]';

async function loadAll(page: Page, oldest: number): Promise<void> {
  const last = page.locator('[data-testid="console-row"]', { hasText: orderTitle(oldest) });
  while ((await last.count()) === 0) {
    await page.evaluate((selector) => {
      const scroller = document.querySelector(selector)!;
      scroller.scrollTop = scroller.scrollHeight;
    }, scrollerSelector);
    await page.waitForTimeout(20);
  }
  await page.evaluate((selector) => {
    document.querySelector(selector)!.scrollTop = 0;
  }, scrollerSelector);
  await page.waitForTimeout(500);
}

async function lagOf(page: Page, customers: (() => Promise<void>)[]): Promise<ConsoleLag> {
  const scrolling = await longestStillness(page, () => scrollDown(page));
  await page.mouse.move(900, 20);
  const arriving = await longestStillness(page, async () => {
    for (const write of customers) {
      await write();
      await page.waitForTimeout(100);
    }
    await page.waitForTimeout(500);
  });
  return {
    loaded: await loadedIn(page),
    rows: await page.locator('[data-testid="console-row"]').count(),
    nextKey: await nextKeys(page),
    scrolling,
    arriving,
  };
}

/** The list's height says how many it knows: rows are of one height. */
async function loadedIn(page: Page): Promise<number> {
  return page.evaluate((selector) => {
    const rowHeight = document.querySelector("[data-testid=console-row]")!.closest(".console-row")!;
    return Math.round(
      document.querySelector(selector)!.scrollHeight / rowHeight.getBoundingClientRect().height,
    );
  }, scrollerSelector);
}

async function scrollDown(page: Page): Promise<void> {
  await page.mouse.move(150, 500);
  for (let n = 0; n < 40; n++) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(16);
  }
  await page.evaluate((selector) => {
    document.querySelector(selector)!.scrollTop = 0;
  }, scrollerSelector);
}

async function nextKeys(page: Page): Promise<number[]> {
  await row(page).click();
  const took: number[] = [];
  for (let n = 0; n < 10; n++)
    took.push(
      await page.evaluate(async () => {
        const open = () => new URL(location.href).searchParams.get("conversation");
        const isShown = () =>
          document.querySelector(`[data-conversation-id="${open()}"][aria-current=page]`) !== null;
        const [before, began] = [open(), performance.now()];
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
        while (open() === before || !isShown()) await new Promise(requestAnimationFrame);
        return performance.now() - began;
      }),
    );
  return took;
}

/** Milliseconds: the longest task of the page's main thread while `act` runs; 0 when none took 50. */
async function longestStillness(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const seen = { longest: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    }).observe({ type: "longtask" });
  });
  await act();
  return page.evaluate(() => (window as unknown as { seen: { longest: number } }).seen.longest);
}

/** Customers of the oldest conversations, each of whom writes once. */
async function writersOf(stage: Stage, count: number): Promise<(() => Promise<void>)[]> {
  const { rows } = await stage.database.query<{ id: string; pair_low: string }>(
    "SELECT id, pair_low FROM conversations WHERE assignee_id = $1 ORDER BY updated_at LIMIT $2",
    [agent, count],
  );
  const post = async (bearer: string, path: string, body: object) => {
    const answer = await fetch(`${stage.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return ((await answer.json()) as { data: { token: string } }).data;
  };
  return Promise.all(
    rows.map(async ({ id, pair_low: userId }) => {
      const { token } = await post("dev-server-key", "/api/tokens", { userId });
      return async () => {
        const message = {
          conversationId: id,
          clientMessageId: crypto.randomUUID(),
          content: "Still nothing",
        };
        await post(token, "/api/messages", message);
      };
    }),
  );
}
