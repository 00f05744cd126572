import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillDesk, orderTitle } from "./busy-desk.ts";
import { type Stage, startStage } from "./stage.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/**
 * An agent with thousands of open conversations. What a row costs is the browser's to say (`npm run bench:team`); that
 * only those on the screen are there at all is what keeps it from growing.
 */
const conversations = 5_000;
/** Rows on a screen of this height, with those that are kept above and below. */
const mostRows = 60;

let stage: Stage;
let ana: Visitor;
beforeAll(async () => {
  stage = await startStage({ viewport: { width: 1_280, height: 800 } });
  await fillDesk(stage.database, "demo-ana", conversations);
  ana = await stage.visitor();
  await ana.page.goto(`${stage.url}/admin/messages?view=mine`);
  await ana.page.locator('[data-demo-account="demo-ana"]').click();
  await ana.connected();
}, 300_000);
afterAll(() => stage?.stop(), 90_000);

const rows = () => ana.page.locator('[data-testid="console-row"]');
const rowOf = (n: number) =>
  ana.page.locator('[data-testid="console-row"]', {
    has: ana.page.getByText(orderTitle(n), { exact: true }),
  });

/** Goes down a screen at a time until this row is there; answers with the most rows that there ever were. */
async function scrollTo(n: number, to: "end" | "start"): Promise<number> {
  const scroller = ana.page.locator('[data-testid="console-list"] [data-virtuoso-scroller]');
  let most = 0;
  await expect
    .poll(
      async () => {
        most = Math.max(most, await rows().count());
        await scroller.evaluate((element, end) => {
          element.scrollTop = end ? element.scrollHeight : 0;
        }, to === "end");
        return rowOf(n).count();
      },
      { timeout: 4 * waitMs, interval: 50 },
    )
    .toBe(1);
  return Math.max(most, await rows().count());
}

describe("a desk with 5,000 open conversations", () => {
  it("is loaded as one scrolls, to the last, and holds no more rows than the screen", {
    timeout: 240_000,
  }, async () => {
    await rowOf(1).waitFor();
    expect(await scrollTo(conversations, "end")).toBeLessThanOrEqual(mostRows);
    expect(await scrollTo(1, "start")).toBeLessThanOrEqual(mostRows);
  });

  it("with all of them loaded, the oldest comes to the top when its customer writes", {
    timeout: 120_000,
  }, async () => {
    await ana.page.mouse.move(900, 20);
    const { rows: found } = await stage.database.query<{ id: string }>(
      "SELECT id FROM conversations WHERE subject_title = $1",
      [orderTitle(conversations)],
    );
    const { id } = found[0]!;
    const key = { authorization: "Bearer dev-server-key", "content-type": "application/json" };
    const minted = await fetch(`${stage.url}/api/tokens`, {
      method: "POST",
      headers: key,
      body: JSON.stringify({ userId: `busy-${conversations}` }),
    });
    const { token } = ((await minted.json()) as { data: { token: string } }).data;
    await fetch(`${stage.url}/api/messages`, {
      method: "POST",
      headers: { ...key, authorization: `Bearer ${token}` },
      body: JSON.stringify({ conversationId: id, clientMessageId: "late", content: "Still nothing" }),
    });
    await expect
      .poll(() => rows().first().getAttribute("data-conversation-id"), { timeout: waitMs })
      .toBe(id);
    // By the keys through what is loaded: the first, then the next.
    await ana.page.keyboard.press("j");
    const opened = () => new URL(ana.page.url()).searchParams.get("conversation");
    await expect.poll(opened, { timeout: waitMs }).toBe(id);
    await ana.bubble("Still nothing").waitFor();
    await ana.page.keyboard.press("j");
    await ana.page
      .locator('[data-testid="console-row"][aria-current="page"]', { hasText: orderTitle(1) })
      .waitFor();
    expect(await rows().count()).toBeLessThanOrEqual(mostRows);
    expect(ana.problems).toEqual([]);
  });
});
