import type { GatewayServer, GatewaySocket } from "./context.ts";

/**
 * Takes people out of the rooms of conversations (and of channels, by rosters of their own) that they are no longer a member of, also when nobody told this
 * gateway: whatever the api reads of a conversation carries its roster, a number that rises with every change of its
 * members. Who sees it rise asks which of the local people are still members, before it delivers what came along.
 *
 * Guarantee: a removal is in force here with the push about it, or else with the next read of the conversation. With
 * pub/sub down every message comes by such a read.
 */
export interface RoomRosters {
  /** This socket has just joined, on the strength of an answer with this roster. */
  joined: (conversationId: string, roster: number, socket: GatewaySocket) => void;
  /**
   * Resolves when nobody is in the room who was no member at this roster.
   * @throws CodedError UNAVAILABLE; the next answer tries again
   */
  check: (conversationId: string, roster: number) => Promise<void>;
  /** Asks in any case. Answers with the people who were taken out: they have been told. */
  recheck: (conversationId: string) => Promise<Set<string>>;
  forget: (conversationId: string) => void;
}

interface Room {
  /** The oldest roster on whose strength somebody is in the room. */
  known: number;
  asking: Promise<Set<string>> | null;
  /** Sockets that joined while a question was under way: its answer may be older than their seats. */
  meanwhile: Map<string, number>;
}

const unverified = -1;
const nobody = Number.POSITIVE_INFINITY;

export function createRoomRosters(options: {
  io: GatewayServer;
  roomOf: (id: string) => string;
  /** Which of these may stay, batched. @throws CodedError UNAVAILABLE */
  ask: (id: string, userIds: string[]) => Promise<{ staying: string[]; roster: number }>;
  /** Whatever the api says of its person, this socket stays. */
  mayStay?: (socket: GatewaySocket, id: string) => boolean;
  takenOut: (socket: GatewaySocket, id: string) => void;
  /** To be told, on this gateway. */
  gone: (userId: string, id: string) => void;
}): RoomRosters {
  const { io, roomOf, mayStay = () => false } = options;
  const open = new Map<string, Room>();

  function ask(conversationId: string, room: Room): Promise<Set<string>> {
    room.asking ??= takeOut(conversationId, room).finally(() => {
      room.asking = null;
      room.meanwhile.clear();
    });
    return room.asking;
  }

  async function takeOut(conversationId: string, room: Room): Promise<Set<string>> {
    const sockets = socketsIn(io, roomOf(conversationId)).filter((each) => !mayStay(each, conversationId));
    const userIds = [...new Set(sockets.map((socket) => socket.data.user.userId))];
    room.known = userIds.length === 0 ? nobody : unverified;
    if (userIds.length === 0) return new Set();
    const { staying, roster } = await options.ask(conversationId, userIds);
    const remaining = new Set(staying);
    const leaving = sockets.filter(
      ({ id, data }) => !remaining.has(data.user.userId) && (room.meanwhile.get(id) ?? 0) <= roster,
    );
    for (const socket of leaving) {
      options.takenOut(socket, conversationId);
      void socket.leave(roomOf(conversationId));
    }
    room.known = Math.min(roster, ...room.meanwhile.values());
    const gone = new Set(leaving.map((socket) => socket.data.user.userId));
    for (const userId of gone) options.gone(userId, conversationId);
    return gone;
  }

  return {
    joined(conversationId, roster, socket) {
      const room = open.get(conversationId) ?? { known: nobody, asking: null, meanwhile: new Map() };
      open.set(conversationId, room);
      room.known = Math.min(room.known, roster);
      if (room.asking) room.meanwhile.set(socket.id, roster);
    },
    async check(conversationId, roster) {
      for (;;) {
        const room = open.get(conversationId);
        // Written so that an answer of an older api, which has no roster, asks nothing.
        if (!room || (room.asking === null && !(roster > room.known))) return;
        await ask(conversationId, room);
      }
    },
    async recheck(conversationId) {
      const room = open.get(conversationId);
      if (!room) return new Set();
      // A question that is under way may have been answered before what this one is about.
      if (room.asking) await room.asking.catch(() => undefined);
      return ask(conversationId, room);
    },
    forget: (conversationId) => void open.delete(conversationId),
  };
}

export function socketsIn(io: GatewayServer, room: string): GatewaySocket[] {
  const { adapter, sockets } = io.of("/");
  const ids = adapter.rooms.get(room) ?? [];
  return [...ids].flatMap((id) => sockets.get(id) ?? []);
}
