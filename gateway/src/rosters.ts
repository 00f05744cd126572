import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Seat } from "@parloir/contracts/internal.ts";
import type { Batcher } from "./batcher.ts";
import type { GatewayServer } from "./context.ts";
import type { Floors } from "./floors.ts";
import { createRoomRosters, type RoomRosters } from "./room-rosters.ts";

/** The rosters of conversations. */
export interface Rosters extends RoomRosters {
  /** This person's place, or null when they are no member. @throws CodedError UNAVAILABLE */
  seatOf: (conversationId: string, userId: string) => Promise<Seat | null>;
}

export function createRosters(options: {
  io: GatewayServer;
  batcher: Batcher<"members">;
  floors: Floors;
}): Rosters {
  const { io, batcher, floors } = options;
  const rosters = createRoomRosters({
    io,
    roomOf: roomNames.conversation,
    async ask(conversationId, userIds) {
      const { members, roster } = await batcher.submit(conversationId, { conversationId, userIds });
      for (const { userId, floor } of members) floors.raise(conversationId, userId, floor);
      return { staying: members.map((member) => member.userId), roster };
    },
    takenOut: (socket, conversationId) => void socket.data.heads.delete(conversationId),
    gone: (userId, conversationId) =>
      io.local.to(roomNames.user(userId)).emit("conversation_removed", { conversationId }),
  });
  return {
    ...rosters,
    async seatOf(conversationId, userId) {
      const found = await batcher.submit(conversationId, { conversationId, userIds: [userId] });
      const member = found.members.find((each) => each.userId === userId);
      const { lastSeq, lastChange, roster } = found;
      return member ? { lastSeq, lastChange, floor: member.floor, roster } : null;
    },
  };
}
