import type { Command, CommandPayload } from "@parloir/contracts/commands.ts";
import type { CommandAnswers } from "@parloir/contracts/events.ts";
import type { GatewayContext, GatewaySocket } from "../context.ts";
import { acceptCall, declineCall, endCall, joinCall, signalCall, startCall } from "./call.ts";
import { deleteMessage, editMessage, react } from "./change-message.ts";
import { heartbeat } from "./heartbeat.ts";
import { joinConversation, leaveConversation } from "./join-conversation.ts";
import { markRead } from "./mark-read.ts";
import { refreshToken } from "./refresh-token.ts";
import { sendMessage } from "./send-message.ts";
import { subscribe, unsubscribe } from "./subscribe.ts";
import { sync } from "./sync.ts";
import { typing } from "./typing.ts";
import { watchCluster } from "./watch-cluster.ts";
import { watchPresence } from "./watch-presence.ts";

/**
 * A command's handler: the payload has passed its schema, what it returns is acked, what it throws becomes the
 * coded error. Order within: authorise, persist, then ack (by returning), then emit.
 */
export type Handler<C extends Command> = (
  gateway: GatewayContext,
  socket: GatewaySocket,
  payload: CommandPayload<C>,
) => Promise<CommandAnswers[C]>;

export const handlers: { [C in Command]: Handler<C> } = {
  join_conversation: joinConversation,
  leave_conversation: leaveConversation,
  send_message: sendMessage,
  typing,
  mark_read: markRead,
  sync,
  subscribe,
  unsubscribe,
  edit_message: editMessage,
  delete_message: deleteMessage,
  react,
  watch_presence: watchPresence,
  watch_cluster: watchCluster,
  start_call: startCall,
  accept_call: acceptCall,
  join_call: joinCall,
  decline_call: declineCall,
  end_call: endCall,
  signal_call: signalCall,
  refresh_token: refreshToken,
  heartbeat,
};
