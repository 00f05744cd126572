import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Seat } from "@parloir/contracts/internal.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import { socketsIn } from "./room-rosters.ts";

/**
 * What people in a conversation's room may not see of it: what came before they joined, and what they deleted «for
 * me». A new message always lies behind that; an older one that changes may not, and must not reach them.
 */
export interface Floors {
  /** Of sockets that are about to join, or have. */
  entering: (sockets: GatewaySocket[], seats: Map<string, Seat>) => void;
  /** What the database says of a person who is in the room. */
  raise: (conversationId: string, userId: string, floor: number) => void;
  /** The sockets in the room that may not see this seq. */
  blindTo: (conversationId: string, seq: number) => string[];
}

export function createFloors(io: GatewayServer): Floors {
  /** A floor only rises while its person stays: of two answers the older one must not open what is hidden. */
  function raise({ data }: GatewaySocket, id: string, floor: number): void {
    data.floors.set(id, Math.max(floor, data.floors.get(id) ?? 0));
  }

  return {
    entering(sockets, seats) {
      for (const socket of sockets) {
        for (const [id, { floor }] of seats) {
          if (!socket.rooms.has(roomNames.conversation(id))) socket.data.floors.delete(id);
          raise(socket, id, floor);
        }
      }
    },
    raise(conversationId, userId, floor) {
      for (const socket of socketsIn(io, roomNames.user(userId)))
        if (socket.rooms.has(roomNames.conversation(conversationId))) raise(socket, conversationId, floor);
    },
    blindTo(conversationId, seq) {
      return socketsIn(io, roomNames.conversation(conversationId))
        .filter(({ data }) => seq <= (data.floors.get(conversationId) ?? Number.POSITIVE_INFINITY))
        .map((socket) => socket.id);
    },
  };
}
