import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openSockets, type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** What a person sees when something breaks under their hands: nothing they wrote is lost. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  // The gateways' own clients would be counted among people's.
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function arrive(account: string, beside?: Visitor): Promise<Visitor> {
  const visitor = await stage.visitor(beside?.page.context());
  visitors.push(visitor);
  await visitor.signIn(account);
  return visitor;
}

async function stored(...senders: string[]): Promise<{ id: string; content: string }[]> {
  const { rows } = await stage.database.query<{ id: string; content: string }>(
    "SELECT client_message_id AS id, content FROM messages WHERE sender_id = ANY($1) ORDER BY seq",
    [senders],
  );
  return rows;
}

it("what could not be sent survives a reload and goes out under the same ids, in order", async () => {
  const visitor = await stage.visitor();
  visitors.push(visitor);
  const { page } = visitor;
  let blocked = false;
  const open = new Set<{ close: () => Promise<void> }>();
  await page.context().routeWebSocket(/socket\.io/, async (socket) => {
    if (blocked) return socket.close();
    open.add(socket);
    socket.connectToServer();
  });
  // Neither long polling nor a send over REST goes through; the page itself does.
  await page
    .context()
    .route(/\/socket\.io\/|\/api\/messages$/, (route) => (blocked ? route.abort() : route.continue()));
  await visitor.signIn("demo-lea");
  await visitor.writeTo("demo-sam");
  blocked = true;
  for (const socket of open) await socket.close();
  const texts = ["One, on the train", "Two, in the tunnel", "Three, still in it"];
  for (const text of texts) await visitor.say(text);
  await expect.poll(() => visitor.bubbles(), { timeout: waitMs }).toEqual(texts);
  const waiting = () =>
    page.evaluate(async () => {
      const opening = indexedDB.open("parloir");
      await new Promise((done) => {
        opening.onsuccess = done;
      });
      const reading = opening.result.transaction("outbox").objectStore("outbox").getAll();
      await new Promise((done) => {
        reading.onsuccess = done;
      });
      opening.result.close();
      const all = reading.result as { order: number; clientMessageId: string; content: string }[];
      return all
        .toSorted((a, b) => a.order - b.order)
        .map(({ clientMessageId, content }) => ({ id: clientMessageId, content }));
    });
  await expect
    .poll(async () => (await waiting()).map(({ content }) => content), { timeout: waitMs })
    .toEqual(texts);
  const written = await waiting();

  await page.reload();
  await expect.poll(() => visitor.bubbles(), { timeout: waitMs }).toEqual(texts);
  expect(await stored("demo-lea")).toEqual([]);
  blocked = false;
  await expect.poll(() => stored("demo-lea"), { timeout: waitMs }).toEqual(written);
  await page.locator('[data-testid="delivery"][data-delivery="sent"]').last().waitFor();
  await expect.poll(waiting, { timeout: waitMs }).toEqual([]);
});

it("two tabs of one person share a connection, which passes to the other when its tab closes", async () => {
  const first = await arrive("demo-karim");
  const second = await arrive("demo-karim", first);
  const other = await arrive("demo-ana");
  await expect.poll(() => openSockets(stage), { timeout: waitMs }).toBe(2);
  await other.writeTo("demo-karim");
  await other.say("To both tabs");
  for (const tab of [first, second]) {
    await tab.page.locator('[data-testid="conversation"]').click();
    await tab.bubble("To both tabs").waitFor();
  }
  await second.say("From the one without a connection");
  for (const person of [first, other]) await person.bubble("From the one without a connection").waitFor();

  await first.page.close();
  await second.connected();
  await second.say("From the one that has it now");
  await other.bubble("From the one that has it now").waitFor();
  await other.say("And back");
  await second.bubble("And back").waitFor();
  await expect.poll(() => openSockets(stage), { timeout: waitMs }).toBe(2);
  expect((await stored("demo-ana", "demo-karim")).map(({ content }) => content)).toEqual([
    "To both tabs",
    "From the one without a connection",
    "From the one that has it now",
    "And back",
  ]);
});

it("a gateway that is killed under a typing person costs neither a word nor the connection", async () => {
  const [tom, zoe] = [await arrive("demo-tom"), await arrive("demo-zoe")];
  await tom.writeTo("demo-zoe");
  await tom.say("Before");
  await zoe.page.locator('[data-testid="conversation"]').click();
  await zoe.bubble("Before").waitFor();
  const typing = zoe.page.locator('[data-testid="typing"]');
  await tom.composer.pressSequentially("Half a sen");
  await expect.poll(() => typing.textContent(), { timeout: waitMs }).toContain("Tom");

  const node = await tom.online();
  const { pid } = stage.processes().find(({ name }) => name === node)!;
  process.kill(pid!, "SIGKILL");
  await tom.composer.pressSequentially("tence, and the rest.");
  await tom.composer.press("Enter");
  const text = "Half a sentence, and the rest.";
  await zoe.bubble(text).waitFor();
  await tom.page.locator('[data-testid="delivery"][data-delivery="read"]').last().waitFor();
  // Told again every 3 s of typing: one that is lost costs nothing.
  const typeOn = async () => {
    await tom.composer.press("x");
    return typing.textContent();
  };
  await expect.poll(typeOn, { timeout: waitMs }).toContain("Tom");
  for (const person of [tom, zoe])
    await expect.poll(() => person.bubbles(), { timeout: waitMs }).toEqual(["Before", text]);
  expect((await stored("demo-tom")).map(({ content }) => content)).toEqual(["Before", text]);
  const now = () => stage.processes().find(({ name }) => name === node)!.pid;
  await expect.poll(now, { timeout: waitMs }).not.toBe(pid);
});
