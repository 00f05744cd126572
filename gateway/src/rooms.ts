import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Seat } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import type { Floors } from "./floors.ts";
import type { Heads } from "./heads.ts";
import { barrierMs, createRoomEntry } from "./room-entry.ts";
import { socketsIn } from "./room-rosters.ts";
import type { Rosters } from "./rosters.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Joins sockets to conversations, by room-entry.ts. */
export interface Rooms {
  /** The person's place in each conversation as it was read before the join: membership was checked by the caller. */
  joinConversations: (socket: GatewaySocket, seats: Map<string, Seat>) => Promise<void>;
  /** Joins every local socket of a person to a conversation, if they are a member of it. */
  joinPerson: (userId: string, conversationId: string) => Promise<void>;
  /**
   * Joins a socket to what its person became a member of while its handshake was under way: after its heads were
   * read, and before it was a socket that `joinPerson` could find. Answers with what it joined.
   */
  joinMissed: (socket: GatewaySocket) => Promise<string[]>;
  /** Resolves when the subscriptions of these rooms are in force, or after a second without pub/sub. */
  subscribed: (names: Iterable<string>) => Promise<void>;
  /** Their history of it changed (deleted «for me»): the ring no longer answers their `sync`. */
  forgetHead: (userId: string, conversationId: string) => void;
}

/** Longer than any handshake takes. */
const handshakeMs = 30_000;
const mostCatchUps = 3;

export function createRooms(options: {
  io: GatewayServer;
  subscriptions: Subscriptions;
  sequencer: Sequencer;
  heads: Heads;
  rosters: Rosters;
  floors: Floors;
  log: Log;
}): Rooms {
  const { io, subscriptions, sequencer, rosters } = options;
  const enter = createRoomEntry({ ...options, roomOf: roomNames.conversation });
  let additions: { userId: string; conversationId: string; at: number }[] = [];

  function join(sockets: GatewaySocket[], seats: Map<string, Seat>): Promise<void> {
    options.floors.entering(sockets, seats);
    return enter(sockets, seats, (id, seat) => passFloor(id, seat.floor));
  }

  /** What is delivered to the room after the join must lie behind what the joining person may not see. */
  async function passFloor(id: string, floor: number): Promise<void> {
    const isBehind = () => (sequencer.position(id) ?? floor) < floor;
    for (let attempts = 0; isBehind(); attempts++) {
      if (attempts === mostCatchUps) throw new CodedError("UNAVAILABLE", "the history could not be read");
      await sequencer.catchUp(id, { lastSeq: floor, lastChange: 0 });
    }
  }

  function forgetHead(userId: string, conversationId: string): void {
    for (const socket of socketsIn(io, roomNames.user(userId))) socket.data.heads.delete(conversationId);
  }

  /** Sequenced from what they may see on: whatever a conversation that is new to this gateway holds is delivered. */
  async function joinMember(userId: string, conversationId: string, sockets: () => GatewaySocket[]) {
    const seat = await rosters.seatOf(conversationId, userId);
    if (seat) await join(sockets(), new Map([[conversationId, { ...seat, lastSeq: seat.floor }]]));
    return seat !== null;
  }

  return {
    joinConversations: (socket, seats) => join([socket], seats),
    async joinPerson(userId, conversationId) {
      const now = performance.now();
      additions = additions.filter((each) => now - each.at < handshakeMs);
      additions.push({ userId, conversationId, at: now });
      forgetHead(userId, conversationId);
      await joinMember(userId, conversationId, () => socketsIn(io, roomNames.user(userId)));
    },
    async joinMissed(socket) {
      const { user, handshakeAt } = socket.data;
      const missed = additions.filter(
        (each) =>
          each.userId === user.userId &&
          each.at >= handshakeAt &&
          !socket.rooms.has(roomNames.conversation(each.conversationId)),
      );
      const joined: string[] = [];
      for (const { conversationId } of missed)
        if (await joinMember(user.userId, conversationId, () => [socket])) joined.push(conversationId);
      return joined;
    },
    async subscribed(names) {
      await subscriptions.barrier(names, barrierMs);
    },
    forgetHead,
  };
}
