import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { Handler } from "./handlers.ts";

/**
 * Tells the others. Only who has joined may, and joining was authorised. Volatile: a busy connection drops it, and
 * nothing is stored.
 */
export const typing: Handler<"typing"> = async (_gateway, socket, { conversationId, isTyping }) => {
  await socket.data.opened;
  const room = rooms.conversation(conversationId);
  if (!socket.rooms.has(room)) throw new CodedError("NOT_FOUND", "no such conversation");
  const { userId } = socket.data.user;
  socket
    .to(room)
    .except(rooms.user(userId))
    .volatile.emit("user_typing", { conversationId, userId, isTyping });
  return {};
};
