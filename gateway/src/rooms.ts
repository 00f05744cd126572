import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import type { Heads } from "./heads.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * Joins sockets to conversations without a hole between «subscribed» and «read»: join, wait until the subscription
 * is in force, then compare with the head in the database.
 */
export interface Rooms {
  /** The head of each conversation as it was read before the join; membership was checked by the caller. */
  joinConversations: (socket: GatewaySocket, heads: Map<string, number>) => Promise<void>;
  /** Joins every local socket of a person to a conversation that they became a member of. */
  joinPerson: (userId: string, conversationId: string) => Promise<void>;
  /** Resolves when the subscriptions of these rooms are in force, or after a second without pub/sub. */
  subscribed: (names: Iterable<string>) => Promise<void>;
  /** Their history of it changed (deleted «for me»): the ring no longer answers their `sync`. */
  forgetHead: (userId: string, conversationId: string) => void;
}

/** With a dead pub/sub the subscription cannot be confirmed: the polled heads carry the messages meanwhile. */
const barrierMs = 1_000;

export function createRooms(options: {
  io: GatewayServer;
  subscriptions: Subscriptions;
  sequencer: Sequencer;
  heads: Heads;
  log: Log;
}): Rooms {
  const { io, subscriptions, sequencer } = options;

  async function join(sockets: Iterable<GatewaySocket>, heads: Map<string, number>): Promise<void> {
    const names = [...heads.keys()].map(roomNames.conversation);
    for (const [id, head] of heads) sequencer.open(id, head);
    for (const socket of sockets) await socket.join(names);
    const fresh = await subscriptions.barrier(names, barrierMs);
    if (fresh.length > 0)
      await checkHeads([...heads.keys()].filter((id) => fresh.includes(roomNames.conversation(id))));
  }

  /** Messages that were published while the subscription was on its way left no gap to see. */
  async function checkHeads(ids: string[]): Promise<void> {
    try {
      await options.heads.apply(ids, "catchUp");
    } catch (error) {
      options.log.debug({ err: error }, "heads after a join: the next tip check finds what is missing");
    }
  }

  return {
    joinConversations: (socket, heads) => join([socket], heads),
    async joinPerson(userId, conversationId) {
      const sockets = socketsIn(io, roomNames.user(userId));
      // A conversation that is new to this gateway starts at 0, so that whatever it holds already is delivered.
      await join(sockets, new Map([[conversationId, sequencer.position(conversationId) ?? 0]]));
    },
    async subscribed(names) {
      await subscriptions.barrier(names, barrierMs);
    },
    forgetHead(userId, conversationId) {
      for (const socket of socketsIn(io, roomNames.user(userId))) socket.data.heads.delete(conversationId);
    },
  };
}

function socketsIn(io: GatewayServer, room: string): GatewaySocket[] {
  const { adapter, sockets } = io.of("/");
  const ids = adapter.rooms.get(room) ?? [];
  return [...ids].flatMap((id) => sockets.get(id) ?? []);
}
