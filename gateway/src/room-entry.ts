import type { Log } from "@parloir/platform/log.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import type { Heads } from "./heads.ts";
import type { RoomRosters } from "./room-rosters.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * Sockets enter numbered rooms without a hole between «subscribed» and «read»: join, wait until the subscription is in
 * force, then compare with the head in the database.
 */
export type RoomEntry = <Seat extends { lastSeq: number; lastChange?: number; roster: number }>(
  sockets: Iterable<GatewaySocket>,
  /** Of one snapshot each: they were authorised by it. */
  seats: Map<string, Seat>,
  /** Runs right before a room is opened. */
  beforeOpen?: (id: string, seat: Seat) => Promise<void>,
) => Promise<void>;

/** With a dead pub/sub the subscription cannot be confirmed: the polled heads carry the messages meanwhile. */
export const barrierMs = 1_000;

export function createRoomEntry(options: {
  io: GatewayServer;
  roomOf: (id: string) => string;
  subscriptions: Subscriptions;
  sequencer: Pick<Sequencer, "open" | "close">;
  heads: Heads;
  rosters: RoomRosters;
  log: Log;
}): RoomEntry {
  const { io, roomOf, subscriptions, sequencer, rosters } = options;

  /** What was published while the subscription was on its way left no gap to see. */
  async function checkHeads(ids: string[]): Promise<void> {
    try {
      await options.heads.apply(ids, "catchUp");
    } catch (error) {
      options.log.debug({ err: error }, "heads after a join: the next tip check finds what is missing");
    }
  }

  return async (sockets, seats, beforeOpen) => {
    const names = [...seats.keys()].map(roomOf);
    for (const [id, seat] of seats) {
      await beforeOpen?.(id, seat);
      sequencer.open(id, seat);
    }
    for (const socket of sockets) {
      const joined = socket.join(names);
      for (const [id, seat] of seats) rosters.joined(id, seat.roster, socket);
      await joined;
    }
    // Who went away meanwhile joins nothing: a room without members would stay open for ever.
    for (const id of seats.keys()) {
      if (io.of("/").adapter.rooms.has(roomOf(id))) continue;
      sequencer.close(id);
      rosters.forget(id);
    }
    const fresh = await subscriptions.barrier(names, barrierMs);
    if (fresh.length > 0) await checkHeads([...seats.keys()].filter((id) => fresh.includes(roomOf(id))));
  };
}
