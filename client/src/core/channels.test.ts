import type { ChannelEvent, ChannelPage } from "@parloir/contracts/channels.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChannelNews, createChannels } from "./channels.ts";
import { firstState, type Link, nextState } from "./link.ts";
import { createCell } from "./observable.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const channel = "project:42";
const eventAt = (cursor: number): ChannelEvent => ({
  channel,
  event: "updated",
  payload: { cursor },
  cursor,
});
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

/** A channel that holds `kept` of its events, behind a link that can be down, slow or refuse. */
function scene(head = 0) {
  const state = createCell(firstState());
  const cluster = {
    head,
    dropped: 0,
    epoch: "e1",
    pageSize: 3,
    requests: [] as { command: string; payload: unknown }[],
    before: async () => undefined as unknown,
  };
  const link = {
    state,
    async request(command: string, payload: { after?: number }): Promise<unknown> {
      cluster.requests.push({ command, payload });
      await cluster.before();
      return command === "subscribe" ? page(payload.after) : {};
    },
  } as unknown as Link;

  function page(after: number | undefined): ChannelPage {
    const cursor = cluster.head;
    if (after === undefined) return { cursor, events: [], complete: true };
    if (after > cursor || after < cluster.dropped) return { cursor, events: [], complete: after === cursor };
    const events = upTo(cursor)
      .slice(after, after + cluster.pageSize)
      .map(eventAt);
    return { cursor, events, complete: after + events.length === cursor };
  }

  const channels = createChannels({ link });
  const news: ChannelNews[] = [];
  return {
    cluster,
    channels,
    news,
    heard: () => news.flatMap((each) => (each.kind === "event" ? [each.event.cursor] : [])),
    count: (kind: ChannelNews["kind"]) => news.filter((each) => each.kind === kind).length,
    listen: (options?: { after?: number }) => channels.subscribe(channel, (each) => news.push(each), options),
    up() {
      state.update((present) => nextState(present, "online", { via: "socket" }));
      channels.opened(cluster.epoch);
      return settle();
    },
    down: () => state.update((present) => nextState(present, "offline")),
    publish(lost = false) {
      const event = eventAt(++cluster.head);
      if (!lost && state.getSnapshot().status === "online") channels.receive(event);
      return event;
    },
  };
}

const settle = (ms = 2_000) => vi.advanceTimersByTimeAsync(ms);

describe("a subscription", () => {
  test("hears what comes from now on, once and in order", async () => {
    const { listen, up, publish, heard, channels } = scene(5);
    listen();
    await up();
    for (const _ of upTo(3)) publish();
    channels.receive(eventAt(7));
    await settle();
    expect(heard()).toEqual([6, 7, 8]);
  });

  test("given a cursor, hears first what was missed since, over as many answers as it takes", async () => {
    const { listen, up, heard } = scene(10);
    listen({ after: 2 });
    await up();
    expect(heard()).toEqual(upTo(10).slice(2));
  });

  test("goes on from its cursor after a reconnect", async () => {
    const { listen, up, down, publish, heard, count } = scene();
    listen();
    await up();
    publish();
    down();
    for (const _ of upTo(5)) publish();
    await up();
    expect(heard()).toEqual(upTo(6));
    expect(count("resync")).toBe(0);
  });

  test("tells resync when the history does not reach back, and goes on", async () => {
    const { cluster, listen, up, down, publish, heard, count } = scene();
    listen();
    await up();
    publish();
    down();
    for (const _ of upTo(5)) publish();
    cluster.dropped = 4;
    await up();
    publish();
    await settle();
    expect(heard()).toEqual([1, 7]);
    expect(count("resync")).toBe(1);
  });

  test("tells resync when the database went back, and hears the events of the new history", async () => {
    const { cluster, listen, up, down, publish, heard, count } = scene(9);
    listen();
    await up();
    publish();
    down();
    Object.assign(cluster, { head: 3, epoch: "e2" });
    await up();
    publish();
    await settle();
    expect(heard()).toEqual([10, 4]);
    expect(count("resync")).toBe(1);
  });

  test("catches up by itself when the gateway gave up repairing, and starts anew with another history", async () => {
    const { listen, up, publish, channels, heard, count } = scene();
    listen();
    await up();
    for (const _ of upTo(5)) publish(true);
    channels.resync({ reason: "behind" });
    channels.resync({ reason: "behind", channel });
    await settle();
    expect(heard()).toEqual(upTo(5));
    expect(count("resync")).toBe(0);
    channels.resync({ reason: "epoch" });
    await settle();
    publish();
    expect(heard()).toEqual(upTo(6));
    expect(count("resync")).toBe(1);
  });

  test("fetches what was lost in between, once a later push shows it", async () => {
    const { listen, up, publish, heard } = scene();
    listen();
    await up();
    publish(true);
    publish();
    expect(heard()).toEqual([]);
    await settle();
    expect(heard()).toEqual([1, 2]);
  });

  test("is asked for again while the cluster does not answer", async () => {
    const { cluster, listen, up, heard, count } = scene(3);
    cluster.before = () => Promise.reject(new CodedError("UNAVAILABLE", "not now"));
    listen({ after: 0 });
    await up();
    expect(heard()).toEqual([]);
    cluster.before = async () => undefined;
    await settle(60_000);
    expect(heard()).toEqual([1, 2, 3]);
    expect(count("refused")).toBe(0);
  });

  test("that is not allowed says so and is not repeated, until the next connection", async () => {
    const { cluster, listen, up, down, heard, count } = scene(1);
    cluster.before = () => Promise.reject(new CodedError("NOT_FOUND", "no such channel"));
    listen({ after: 0 });
    await up();
    await settle(60_000);
    expect(count("refused")).toBe(1);
    expect(cluster.requests).toHaveLength(1);
    cluster.before = async () => undefined;
    down();
    await up();
    expect(heard()).toEqual([1]);
  });

  test("is shared by its listeners and ends with the last of them", async () => {
    const { cluster, channels, listen, up, publish, heard } = scene();
    const end = listen();
    const other: number[] = [];
    const endOther = channels.subscribe(channel, (each) => {
      if (each.kind === "event") other.push(each.event.cursor);
    });
    await up();
    publish();
    end();
    publish();
    expect([heard(), other]).toEqual([[1], [1, 2]]);
    expect(cluster.requests.filter((each) => each.command === "unsubscribe")).toEqual([]);
    endOther();
    publish();
    await settle();
    expect(cluster.requests.at(-1)).toEqual({ command: "unsubscribe", payload: { channel } });
    expect(other).toEqual([1, 2]);
  });

  test("hears 1..n in order and once, whatever is lost, early, or cut off meanwhile", async () => {
    const step = fc.constantFrom("publish", "lose", "early", "down", "up", "wait");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { cluster, channels, listen, up, down, publish, heard, count } = scene();
        cluster.before = () => new Promise((resolve) => setTimeout(resolve, 5));
        listen({ after: 0 });
        await up();
        for (const each of steps) {
          if (each === "publish") publish();
          if (each === "lose") publish(true);
          if (each === "early") {
            const [first, second] = [publish(true), publish(true)];
            for (const event of [second, first]) channels.receive(event);
          }
          if (each === "down") down();
          if (each === "up") void up();
          if (each === "wait") await settle(7);
        }
        down();
        await up();
        await settle(60_000);
        expect(heard()).toEqual(upTo(cluster.head));
        expect(count("resync")).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
