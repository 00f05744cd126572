import type { Locator, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { directBetween, host, sendAs } from "./host.ts";
import { fillThread } from "./long-thread.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** Where a thread opens, where it is led to, and that a row stays where it is. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

const conversation = (one: string, other: string) => directBetween(stage.url, one, other);

async function visitor(): Promise<Visitor> {
  const one = await stage.visitor();
  visitors.push(one);
  return one;
}

/** Acks and pushes come when they are let through. */
async function heldBack({ page }: Visitor) {
  const held: (() => void)[] = [];
  let holds = false;
  await page.context().routeWebSocket(/socket\.io/, (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      const pass = () => socket.send(frame);
      if (holds && /^43|"new_message"/.test(String(frame))) held.push(pass);
      else pass();
    });
  });
  return {
    hold: () => {
      holds = true;
    },
    letGo: () => {
      holds = false;
      for (const pass of held.splice(0)) pass();
    },
  };
}

/** History and all, for this person alone. */
async function deleteForMe(userId: string, id: string): Promise<void> {
  const { token } = await host<{ token: string }>(stage.url, "POST", "/api/tokens", { userId });
  const response = await fetch(`${stage.url}/api/messages/conversations/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`deleting was answered with ${response.status}`);
}

/** Rows of messages that leave the document from now on. */
function countLeaving({ page }: Visitor): Promise<void> {
  return page.evaluate(() => {
    Object.assign(window, { leaving: 0 });
    new MutationObserver((changes) => {
      const nodes = changes.flatMap(({ removedNodes }) => [...removedNodes]);
      const rows = nodes.filter(
        (node) => node instanceof Element && node.querySelector('[data-testid="message"]'),
      );
      Object.assign(window, { leaving: (window as unknown as { leaving: number }).leaving + rows.length });
    }).observe(document.querySelector('[data-testid="thread"]')!, { childList: true, subtree: true });
  });
}

describe("the row of a message that is sent is the same before and after its ack", () => {
  it.each([
    { where: "in a new conversation", account: "demo-sam", before: 0 },
    { where: "after one deleted what was before", account: "demo-karim", before: 3 },
  ])("$where", { timeout: 120_000 }, async ({ account, before }) => {
    const id = await conversation(account, "demo-ana");
    for (let n = 0; n < before; n++) await sendAs(stage.url, "demo-ana", id, `Before ${n}`);
    await deleteForMe(account, id);
    const sender = await visitor();
    const { page } = sender;
    const acks = await heldBack(sender);
    await sender.signIn(account);
    await sender.writeTo("demo-ana");
    await page.locator('[data-testid="thread"]').getByText("No messages yet").waitFor();
    await countLeaving(sender);
    acks.hold();
    await sender.say("See https://example.org");
    const link = sender.bubble("See").locator("a");
    await link.focus();
    await link.evaluate((element) => Object.assign(window, { link: element }));
    acks.letGo();
    await page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();
    const isSame = await link.evaluate(
      (element) =>
        element === document.activeElement && element === (window as unknown as { link: Element }).link,
    );
    expect(isSame).toBe(true);
    expect(await page.evaluate(() => (window as unknown as { leaving: number }).leaving)).toBe(0);
  });
});

/** 120 messages, of which Zoé has read so many. */
async function longThread(account: string, read: number): Promise<string> {
  const id = await conversation(account, "demo-zoe");
  await fillThread(stage.database, id, [account, "demo-zoe"], 120);
  // All of them are the other's: an own one is never unread.
  await stage.database.query("UPDATE messages SET sender_id = $2 WHERE conversation_id = $1", [id, account]);
  await stage.database.query(
    "UPDATE members SET last_read_seq = $2 WHERE conversation_id = $1 AND user_id = 'demo-zoe'",
    [id, read],
  );
  return id;
}

it("a thread of which all that is loaded is unread opens at its first unread message", {
  timeout: 120_000,
}, async () => {
  const id = await longThread("demo-tom", 20);
  const zoe = await visitor();
  const { page } = zoe;
  const divider = page.locator('[data-testid="unread-divider"]');
  const log = page.locator('[data-testid="messages"]');
  // What is older stays away until it was seen where the thread opens.
  const held: (() => void)[] = [];
  await page.route(/&before=/, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue();
  });
  await zoe.signIn("demo-zoe");
  const byAddress = () => page.goto(`${stage.url}/messages?conversation=${id}`);
  const byClick = () => page.locator(`[data-testid="conversation"][data-conversation-id="${id}"]`).click();
  for (const open of [byClick, byAddress]) {
    await open();
    await zoe.bubble("Message 71").waitFor();
    await expect.poll(() => isInSight(divider), { timeout: waitMs }).toBe(true);
    expect(await log.getAttribute("data-at-bottom")).toBe("false");
    expect(
      await page.locator('[data-testid="message"][data-seq="71"] [data-testid="unread-divider"]').count(),
    ).toBe(1);
  }
  const { rows } = await stage.database.query(
    "SELECT last_read_seq::int AS read FROM members WHERE conversation_id = $1 AND user_id = 'demo-zoe'",
    [id],
  );
  expect(rows).toEqual([{ read: 20 }]);
  for (const pass of held.splice(0)) pass();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await log.hover();
  // The line goes up with what is older, to where it belongs.
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, -600);
        return page.locator('[data-testid="message"][data-seq="21"] [data-testid="unread-divider"]').count();
      },
      { timeout: waitMs },
    )
    .toBe(1);
});

const isInSight = (element: Locator) =>
  element.evaluate((each) => {
    const { top, bottom } = each.getBoundingClientRect();
    const list = each.closest('[data-testid="messages"]')!.getBoundingClientRect();
    return top >= list.top && bottom <= list.bottom;
  });

it("on the way to a message far up one is told, also that it failed, and may try again", {
  timeout: 120_000,
}, async () => {
  const id = await longThread("demo-lea", 120);
  await stage.database.query(
    "UPDATE messages SET reply_to_seq = 5 WHERE conversation_id = $1 AND seq = 120",
    [id],
  );
  const zoe = await visitor();
  const { page } = zoe;
  await zoe.signIn("demo-zoe");
  await page.goto(`${stage.url}/messages?conversation=${id}`);
  await zoe.bubble("Message 120").waitFor();
  const failing: (() => void)[] = [];
  await page.route(/&before=/, async (route) => {
    await new Promise<void>((resolve) => failing.push(resolve));
    await route.abort();
  });
  const notice = page.locator('[data-testid="jump-notice"]');
  await page.locator('[data-testid="quote"]').click();
  await page.getByRole("status").getByText("Loading the messages up to there").waitFor();
  await expect.poll(() => failing.length, { timeout: waitMs }).toBeGreaterThan(0);
  for (const fail of failing) fail();
  await page.getByRole("alert").getByText("could not be loaded").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await notice.getByRole("button", { name: "Try again" }).click();
  await page.locator('[data-testid="message"][data-seq="5"][data-marked="true"]').waitFor();
  await notice.waitFor({ state: "detached" });
});
