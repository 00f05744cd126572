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

/** With a dead pub/sub the subscription cannot be confirmed: the polled heads carry the messages meanwhile. */
const barrierMs = 1_000;
/** Longer than any handshake takes. */
const handshakeMs = 30_000;

export function createRooms(options: {
  io: GatewayServer;
  subscriptions: Subscriptions;
  sequencer: Sequencer;
  heads: Heads;
  log: Log;
}): Rooms {
  const { io, subscriptions, sequencer } = options;
  let additions: { userId: string; conversationId: string; at: number }[] = [];

  async function join(sockets: Iterable<GatewaySocket>, heads: Map<string, number>): Promise<void> {
    const names = [...heads.keys()].map(roomNames.conversation);
    for (const [id, head] of heads) sequencer.open(id, head);
    for (const socket of sockets) await socket.join(names);
    // Who went away meanwhile joins nothing: a room without members would stay open for ever.
    for (const id of heads.keys())
      if (!io.of("/").adapter.rooms.has(roomNames.conversation(id))) sequencer.close(id);
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

  /** A conversation that is new to this gateway starts at 0, so that whatever it holds already is delivered. */
  function fromTheStart(conversationId: string): Map<string, number> {
    return new Map([[conversationId, sequencer.position(conversationId) ?? 0]]);
  }

  return {
    joinConversations: (socket, heads) => join([socket], heads),
    async joinPerson(userId, conversationId) {
      const now = Date.now();
      additions = additions.filter((each) => now - each.at < handshakeMs);
      additions.push({ userId, conversationId, at: now });
      await join(socketsIn(io, roomNames.user(userId)), fromTheStart(conversationId));
    },
    async joinMissed(socket) {
      const { user, handshakeAt } = socket.data;
      const missed = additions.filter(
        (each) =>
          each.userId === user.userId &&
          each.at >= handshakeAt &&
          !socket.rooms.has(roomNames.conversation(each.conversationId)),
      );
      for (const { conversationId } of missed) await join([socket], fromTheStart(conversationId));
      return missed.map((each) => each.conversationId);
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
