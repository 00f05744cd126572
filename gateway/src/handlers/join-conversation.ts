import { maxSyncPage } from "@parloir/contracts/commands.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { Handler } from "./handlers.ts";

/**
 * «This socket has the conversation open»: it receives its events, nobody is notified of what it sees, and the
 * answer holds what came after `after`, or the newest page. Joined first and read afterwards, so nothing that is
 * sent meanwhile falls between the two.
 */
export const joinConversation: Handler<"join_conversation"> = async (gateway, socket, payload) => {
  const { conversationId, after } = payload;
  const { userId } = socket.data.user;
  const page = { conversationId, userId, limit: after === undefined ? defaultPageSize : maxSyncPage };
  const request = after === undefined ? page : { ...page, after };
  if (!socket.rooms.has(rooms.conversation(conversationId))) {
    // Throws NOT_FOUND for whoever is no member, before anything is joined.
    const { lastSeq } = await gateway.reads.submit(conversationId, { conversationId, userId, limit: 1 });
    await gateway.rooms.joinConversations(socket, new Map([[conversationId, lastSeq]]));
  }
  const { messages, lastSeq, complete } = await gateway.reads.submit(conversationId, request);
  gateway.sequencer.tip(conversationId, lastSeq);
  if (socket.connected) gateway.looking.look(socket.id, userId, conversationId);
  return { lastSeq, messages, complete };
};

/** Leaves the room: no more events of the conversation on this socket until it joins again. */
export const leaveConversation: Handler<"leave_conversation"> = async (
  gateway,
  socket,
  { conversationId },
) => {
  gateway.looking.lookAway(socket.id, conversationId);
  await socket.leave(rooms.conversation(conversationId));
  return {};
};
