import { EventEmitter } from "node:events";
import { createMetrics } from "@parloir/platform/metrics.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import { createFloors } from "./floors.ts";
import { createRooms } from "./rooms.ts";
import { createRosters } from "./rosters.ts";
import { createSequencer } from "./sequencer.ts";
import { createSubscriptions } from "./subscriptions.ts";

const log = pino({ level: "silent" });

const seat = { lastSeq: 3, lastChange: 3, floor: 0, roster: 0 };
const answer = { lastSeq: 3, lastChange: 3, roster: 0, members: [{ userId: "ana", floor: 0 }] };

/** Rooms over sockets that join, or that went away just before they would. */
function scene() {
  const adapter = { rooms: new Map<string, Set<string>>() };
  const sockets = new Map<string, GatewaySocket>();
  const io = { of: () => ({ adapter, sockets }) } as unknown as GatewayServer;
  const sequencer = createSequencer({
    read: () => Promise.reject(new Error("not asked")),
    deliver: () => undefined,
    resync: () => undefined,
    log,
    metrics: createMetrics("gateway", "test"),
  });
  const subscriber = Object.assign(new EventEmitter(), {
    ssubscribe: async () => 1,
  }) as unknown as RedisClient;
  const subscriptions = createSubscriptions(subscriber, () => undefined);
  const heads = { apply: async () => undefined };
  const floors = createFloors(io);
  const rosters = createRosters({
    io,
    batcher: { submit: async () => answer, drained: async () => undefined },
    floors,
  });
  const rooms = createRooms({ io, subscriptions, sequencer, heads, rosters, floors, log });
  const socket = (gone: boolean) =>
    ({
      rooms: new Set<string>(),
      data: { user: { userId: "ana" }, handshakeAt: 0, floors: new Map() },
      async join(names: string[]) {
        if (gone) return;
        for (const name of names) adapter.rooms.set(name, new Set(["socket"]));
      },
    }) as unknown as GatewaySocket;
  return { rooms, sequencer, socket };
}

describe("a conversation stays open on a gateway", () => {
  it("while somebody there is in it", async () => {
    const { rooms, sequencer, socket } = scene();
    await rooms.joinConversations(socket(false), new Map([["one", seat]]));
    expect(sequencer.position("one")).toBe(3);
  });

  it("and not when the socket was gone before it could join", async () => {
    const { rooms, sequencer, socket } = scene();
    await rooms.joinConversations(socket(true), new Map([["one", seat]]));
    expect(sequencer.conversations()).toEqual([]);
  });

  it("and not when its new member has no socket here any more", async () => {
    const { rooms, sequencer } = scene();
    await rooms.joinPerson("ana", "one");
    expect(sequencer.conversations()).toEqual([]);
  });
});
