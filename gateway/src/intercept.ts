import { conversationOfRoom, rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { Intercept } from "./cluster-adapter.ts";
import type { GatewayContext } from "./context.ts";

/** Which events from elsewhere pass through a part of ours instead of straight to the sockets. */
export function createIntercept({ sequencer, rooms, io, log }: GatewayContext): Intercept {
  return (room, event, payload) => {
    if (event === "new_message" && conversationOfRoom(room) !== undefined) {
      sequencer.push(payload as Message);
      return true;
    }
    const userPrefix = roomNames.user("");
    if (!room.startsWith(userPrefix)) return false;
    const { conversationId } = payload as { conversationId: string };
    const userId = room.slice(userPrefix.length);
    if (event === "conversation_removed") rooms.forgetHead(userId, conversationId);
    if (event !== "conversation_added") return false;
    rooms
      .joinPerson(userId, conversationId)
      .then(() => io.local.to(room).emit("conversation_added", { conversationId }))
      .catch((error: unknown) => log.error({ err: error }, "joining a new conversation failed"));
    return true;
  };
}
