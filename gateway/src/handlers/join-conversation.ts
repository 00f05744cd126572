import { type CommandPayload, maxSyncPage } from "@parloir/contracts/commands.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { JoinAnswer } from "@parloir/contracts/events.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { GatewayContext, GatewaySocket } from "../context.ts";
import { isAgent } from "../team.ts";
import { inTurn } from "../turns.ts";
import type { Handler } from "./handlers.ts";

/**
 * «This socket has the conversation open»: it receives its events, nobody is notified of what it sees, and the
 * answer holds what came after `after`, or the newest page. Joined first and read afterwards, so nothing that is
 * sent meanwhile falls between the two.
 */
export const joinConversation: Handler<"join_conversation"> = (gateway, socket, payload) =>
  inTurn(socket, rooms.conversation(payload.conversationId), () => join(gateway, socket, payload));

async function join(
  gateway: GatewayContext,
  socket: GatewaySocket,
  payload: CommandPayload<"join_conversation">,
): Promise<JoinAnswer> {
  const { conversationId, after } = payload;
  const { userId } = socket.data.user;
  const page = { conversationId, userId, limit: after === undefined ? defaultPageSize : maxSyncPage };
  const request = after === undefined ? page : { ...page, after };
  if (!socket.rooms.has(rooms.conversation(conversationId))) {
    // Before anything is joined; an absent conversation throws the same.
    const seat = await gateway.rosters.seatOf(conversationId, userId);
    if (!seat) throw new CodedError("NOT_FOUND", "no such conversation");
    await gateway.rooms.joinConversations(socket, new Map([[conversationId, seat]]));
  }
  const { messages, lastSeq, lastChange, complete } = await gateway.reads.submit(conversationId, request);
  gateway.sequencer.tip(conversationId, { lastSeq, lastChange });
  if (socket.connected) gateway.looking.look(socket.id, userId, conversationId);
  if (isAgent(socket.data.user.role)) await view(gateway, socket, conversationId);
  return { lastSeq, lastChange, messages, complete };
}

/** The other agents who have it open learn of this one; what is no support conversation is nobody's business. */
async function view(gateway: GatewayContext, socket: GatewaySocket, conversationId: string): Promise<void> {
  const { userId } = socket.data.user;
  try {
    await gateway.teams.submit(conversationId, { conversationId, userId });
    if (socket.connected) await gateway.viewing.view(socket, conversationId);
  } catch (error) {
    await gateway.viewing.lookAway(socket);
    if (error instanceof CodedError && error.code === "NOT_FOUND") return;
    gateway.log.debug({ err: error }, "whether an agent may look is unknown");
  }
}

/** Leaves the room: no more events of the conversation on this socket until it joins again. */
export const leaveConversation: Handler<"leave_conversation"> = (gateway, socket, { conversationId }) =>
  inTurn(socket, rooms.conversation(conversationId), async () => {
    gateway.looking.lookAway(socket.id, conversationId);
    await gateway.viewing.lookAway(socket, conversationId);
    await socket.leave(rooms.conversation(conversationId));
    return {};
  });
