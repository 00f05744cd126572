import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { GatewaySocket } from "../context.ts";
import type { Handler } from "./handlers.ts";

/**
 * Tells the others. Only who has joined may, and joining was authorised. Volatile: a busy connection drops it, and
 * nothing is stored.
 */
export const typing: Handler<"typing"> = async (_gateway, socket, { conversationId, isTyping, note }) => {
  await socket.data.opened;
  if (note) return typingNote(socket, conversationId, isTyping);
  const room = rooms.conversation(conversationId);
  if (!socket.rooms.has(room)) throw new CodedError("NOT_FOUND", "no such conversation");
  const { userId } = socket.data.user;
  socket
    .to(room)
    .except(rooms.user(userId))
    .volatile.emit("user_typing", { conversationId, userId, isTyping });
  return {};
};

/** Of a private note: told to the agents who have the conversation open, never to its customer. */
function typingNote(socket: GatewaySocket, conversationId: string, isTyping: boolean): Record<string, never> {
  const room = rooms.team(conversationId);
  if (!socket.rooms.has(room)) throw new CodedError("NOT_FOUND", "no such conversation");
  const { userId } = socket.data.user;
  socket
    .to(room)
    .except(rooms.user(userId))
    .volatile.emit("note_typing", { conversationId, userId, isTyping });
  return {};
}
