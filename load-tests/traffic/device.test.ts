import { describe, expect, it } from "vitest";
import { scriptedClock } from "../framing/scripted-clock.ts";
import type { Ack, Session, SessionEvents } from "../framing/session.ts";
import { createDevice, type Message, type Observer } from "./device.ts";

type Call = { event: string; payload: unknown; answer: (ack: Ack | null) => void };

/** A device whose connections and acks the test gives. */
function start() {
  const clock = scriptedClock();
  const seen: unknown[][] = [];
  const note =
    (what: string) =>
    (...args: unknown[]) =>
      void seen.push([what, ...args]);
  const observer = {
    connected: note("connected"),
    returned: note("returned"),
    connectFailed: note("connectFailed"),
    acked: note("acked"),
    sendFailed: note("sendFailed"),
    received: ({ seq }: Message, by: string) => void seen.push(["received", seq, by]),
    misordered: note("misordered"),
    missing: note("missing"),
    absent: note("absent"),
  } as Observer;
  const links: { events: SessionEvents; calls: Call[] }[] = [];
  const device = createDevice({
    userId: "me",
    clock,
    random: () => 0.5,
    observer,
    open(events) {
      const link = { events, calls: [] as Call[] };
      links.push(link);
      const session: Partial<Session> = {
        call: (event, payload) => new Promise((answer) => void link.calls.push({ event, payload, answer })),
        leave: () => {
          for (const { answer } of link.calls.splice(0)) answer(null);
          events.lost("left");
        },
      };
      return session as Session;
    },
  });
  const link = () => links.at(-1)!;
  const ready = (lastSeq: number) =>
    link().events.event("ready", { epoch: "e", conversations: [{ id: "c", lastSeq }] });
  const push = (seq: number) => link().events.event("new_message", messageAt(seq));
  async function answer(event: string, ack: Ack | null): Promise<void> {
    const at = link().calls.findIndex((call) => call.event === event);
    link().calls.splice(at, 1)[0]!.answer(ack);
    await settled();
  }
  return { clock, seen, device, links, link, ready, push, answer };
}

const messageAt = (seq: number): Message => ({ conversationId: "c", seq, senderId: "you", content: "" });
const settled = () => new Promise((resolve) => setImmediate(resolve));
const synced = (from: number, to: number, complete = true): Ack => {
  const messages = Array.from({ length: to - from + 1 }, (_, n) => messageAt(from + n));
  return { ok: true, data: { conversations: [{ conversationId: "c", messages, lastSeq: to, complete }] } };
};
const unavailable: Ack = { ok: false, error: { code: "UNAVAILABLE", message: "", retryable: true } };
const limited: Ack = { ok: false, error: { code: "RATE_LIMITED", message: "", retryable: true } };

async function connected(lastSeq = 3) {
  const all = start();
  const came = all.device.come(1_000);
  all.ready(lastSeq);
  expect(await came).toBe(true);
  all.seen.length = 0;
  return all;
}

describe("a device", () => {
  it("counts what comes in order, and what does not", async () => {
    const { push, seen } = await connected(3);
    for (const seq of [4, 5, 5, 8]) push(seq);
    expect(seen).toEqual([
      ["received", 4, "push"],
      ["received", 5, "push"],
      ["misordered"],
      ["misordered"],
      ["received", 8, "push"],
    ]);
  });

  it("comes back after a loss and catches up, page by page; pushes meanwhile wait their turn", async () => {
    const { clock, link, links, ready, push, answer, seen } = await connected(3);
    link().events.lost("closed");
    clock.pass(250);
    expect(links).toHaveLength(2);
    ready(7);
    push(7);
    await answer("sync", synced(4, 5, false));
    expect(link().calls[0]).toMatchObject({ event: "sync", payload: { cursors: { c: 5 } } });
    await answer("sync", synced(6, 7));
    push(8);
    expect(seen).toEqual([
      ["connected", 0],
      ["received", 4, "sync"],
      ["received", 5, "sync"],
      ["received", 6, "sync"],
      ["received", 7, "sync"],
      ["returned", 250],
      ["received", 8, "push"],
    ]);
  });

  it("takes a push that came before `ready` of another connection in its turn", async () => {
    const { clock, link, ready, push, answer, seen } = await connected(3);
    link().events.lost("closed");
    clock.pass(250);
    push(7);
    ready(7);
    await answer("sync", synced(4, 6));
    expect(seen.filter(([what]) => what === "received" || what === "misordered")).toEqual([
      ["received", 4, "sync"],
      ["received", 5, "sync"],
      ["received", 6, "sync"],
      ["received", 7, "push"],
    ]);
  });

  it("waits longer after each failure, and as long as the server asks", async () => {
    const { clock, link, links, seen } = await connected();
    link().events.lost("closed");
    clock.pass(250);
    link().events.lost("full", { message: "full", data: { code: "UNAVAILABLE", retryAfterMs: 2_000 } });
    clock.pass(2_499);
    expect(links).toHaveLength(2);
    clock.pass(1);
    expect(links).toHaveLength(3);
    expect(seen).toEqual([["connectFailed", "UNAVAILABLE"]]);
  });

  it("sends again, with the same id, what was not acked when the connection ended", async () => {
    const { clock, device, link, ready, answer, seen } = await connected();
    device.send("c", "id-1", "text", 0);
    const first = link().calls[0]!.payload;
    expect(first).toEqual({ conversationId: "c", clientMessageId: "id-1", content: "text" });
    device.cut(1_000);
    await settled();
    device.send("c", "id-2", "text 2", 0);
    clock.pass(500);
    ready(3);
    await answer("sync", synced(4, 3));
    expect(link().calls.map(({ payload }) => payload)).toEqual([
      first,
      { conversationId: "c", clientMessageId: "id-2", content: "text 2" },
    ]);
    await answer("send_message", { ok: true, data: {} });
    expect(seen.filter(([what]) => what === "acked")).toEqual([["acked", 500, "text"]]);
  });

  it("repeats what the server could not do just now, and counts what it will never do", async () => {
    const { clock, device, link, answer, seen } = await connected();
    device.send("c", "id-1", "text", 0);
    await answer("send_message", unavailable);
    clock.pass(1_000);
    await settled();
    expect(link().calls).toHaveLength(1);
    await answer("send_message", { ok: false, error: { code: "NOT_FOUND", message: "", retryable: false } });
    expect(seen).toEqual([["sendFailed", "NOT_FOUND"]]);
  });

  it("moves when a draining gateway says so, without waiting for its backoff", async () => {
    const { clock, link, links, seen, ready, answer } = await connected();
    link().events.event("server_draining", { reconnectInMs: 800 });
    clock.pass(799);
    expect(links).toHaveLength(1);
    clock.pass(1);
    expect(links).toHaveLength(2);
    ready(3);
    await answer("sync", synced(4, 3));
    expect(seen).toEqual([
      ["connected", 0],
      ["returned", 0],
    ]);
  });

  it("says in the end how many messages never came", async () => {
    const { device, push, answer, seen } = await connected(3);
    push(4);
    const settling = device.settle(0);
    await answer("heartbeat", { ok: true, data: { tips: { c: 6 } } });
    await settling;
    expect(seen.at(-1)).toEqual(["missing", 2]);
  });

  it("keeps what it was told last when the server will not say it again", async () => {
    const { clock, device, push, answer, seen } = await connected(3);
    const settling = device.settle(1_500);
    await answer("heartbeat", { ok: true, data: { tips: { c: 6 } } });
    push(4);
    for (let asked = 0; asked < 2; asked++) {
      clock.pass(1_000);
      await settled();
      await answer("heartbeat", limited);
    }
    await settling;
    expect(seen.at(-1)).toEqual(["missing", 2]);
  });

  it("asks no more often than it may, and no longer than it must", async () => {
    const { clock, device, link, push, answer, seen } = await connected(3);
    const settling = device.settle(30_000);
    await answer("heartbeat", { ok: true, data: { tips: { c: 4 } } });
    clock.pass(999);
    await settled();
    expect(link().calls).toEqual([]);
    push(4);
    clock.pass(1);
    await settled();
    await answer("heartbeat", { ok: true, data: { tips: { c: 4 } } });
    await settling;
    expect(seen.at(-1)).toEqual(["missing", 0]);
  });

  it("is absent in the end when it has not come back, with what it knew to be missing", async () => {
    const { clock, device, link, answer, seen } = await connected(3);
    const settling = device.settle(1_500);
    await answer("heartbeat", { ok: true, data: { tips: { c: 5 } } });
    link().events.lost("closed");
    for (let passed = 0; passed < 2; passed++) {
      clock.pass(1_000);
      await settled();
    }
    await settling;
    expect(seen.slice(-2)).toEqual([["missing", 2], ["absent"]]);
  });

  it("is absent in the end when nobody ever told it what there is", async () => {
    const { device, answer, seen } = await connected(3);
    const settling = device.settle(0);
    await answer("heartbeat", limited);
    await settling;
    expect(seen).toEqual([["absent"]]);
  });

  it("that is not ready in time has failed to connect", async () => {
    const { clock, device, seen } = start();
    const came = device.come(1_000);
    clock.pass(1_000);
    expect(await came).toBe(false);
    expect(seen).toEqual([["connectFailed", "NOT_READY"]]);
  });

  it("that has left opens nothing any more", async () => {
    const { clock, device, link, links } = await connected();
    link().events.lost("closed");
    device.leave();
    expect(clock.waiting()).toBe(0);
    clock.pass(60_000);
    expect(links).toHaveLength(1);
  });
});
