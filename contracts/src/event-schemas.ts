import * as z from "zod/mini";
import { signal } from "./calls.ts";
import { channelName } from "./channels.ts";
import { clusterView } from "./cluster-schemas.ts";
import type { Command } from "./commands.ts";
import { errorCodes } from "./errors.ts";
import type { CommandAnswers, ServerEvent, ServerPayload } from "./events.ts";
import { seq, userId, uuid } from "./ids.ts";
import {
  call,
  channelEvent,
  channelPage,
  conversationHead,
  message,
  note,
  nothing,
  notification,
  presence,
  readMark,
  readNotices,
  role,
  schemaFor,
  sharedConversation,
  time,
  unread,
} from "./shape-schemas.ts";

/** What travels by socket from the server: acks and events, as schemas. Each is tied to its type in events.ts. */

const someoneTypes = z.strictObject({ conversationId: uuid, userId, isTyping: z.boolean() });
const oneConversation = z.strictObject({ conversationId: uuid });

const ready = z.strictObject({
  userId,
  role,
  email: z.nullable(z.string()),
  nodeId: z.string(),
  epoch: z.string(),
  expiresAt: time,
  conversations: z.array(conversationHead),
});

export const eventSchemas = {
  ready: of("ready")(ready),
  new_message: of("new_message")(message),
  message_updated: of("message_updated")(message),
  user_typing: of("user_typing")(someoneTypes),
  messages_read: of("messages_read")(z.strictObject({ conversationId: uuid, userId, seq })),
  presence: of("presence")(z.strictObject({ userId, ...presence.shape })),
  conversation_updated: of("conversation_updated")(sharedConversation),
  note_added: of("note_added")(note),
  conversation_viewers: of("conversation_viewers")(
    z.strictObject({ conversationId: uuid, userIds: z.array(userId) }),
  ),
  note_typing: of("note_typing")(someoneTypes),
  call_updated: of("call_updated")(call),
  call_signal: of("call_signal")(z.strictObject({ callId: uuid, signal })),
  conversation_added: of("conversation_added")(oneConversation),
  conversation_removed: of("conversation_removed")(oneConversation),
  notification: of("notification")(notification),
  notifications_read: of("notifications_read")(readNotices),
  unread: of("unread")(unread),
  channel_event: of("channel_event")(channelEvent),
  channel_removed: of("channel_removed")(z.strictObject({ channel: channelName })),
  announcement: of("announcement")(z.strictObject({ title: z.string(), message: z.string() })),
  cluster: of("cluster")(clusterView),
  resync: of("resync")(z.strictObject({ reason: z.string(), channel: z.exactOptional(channelName) })),
  server_draining: of("server_draining")(z.strictObject({ reconnectInMs: z.number() })),
  error: of("error")(z.strictObject({ code: z.string(), message: z.string() })),
} satisfies Record<ServerEvent, z.ZodMiniType>;

const syncItem = z.strictObject({
  conversationId: uuid,
  messages: z.array(message),
  lastSeq: seq,
  lastChange: seq,
  complete: z.boolean(),
  reset: z.exactOptional(z.literal(true)),
});

/** The `data` of each command's ack. */
export const answerSchemas = {
  join_conversation: by("join_conversation")(
    z.strictObject({ lastSeq: seq, lastChange: seq, messages: z.array(message), complete: z.boolean() }),
  ),
  leave_conversation: by("leave_conversation")(nothing),
  send_message: by("send_message")(
    z.strictObject({ id: uuid, conversationId: uuid, seq, createdAt: time, duplicate: z.boolean() }),
  ),
  typing: by("typing")(nothing),
  mark_read: by("mark_read")(readMark),
  edit_message: by("edit_message")(message),
  delete_message: by("delete_message")(message),
  react: by("react")(message),
  sync: by("sync")(
    z.strictObject({
      epoch: z.string(),
      reset: z.exactOptional(z.literal(true)),
      conversations: z.array(syncItem),
    }),
  ),
  subscribe: by("subscribe")(channelPage),
  unsubscribe: by("unsubscribe")(nothing),
  watch_presence: by("watch_presence")(z.strictObject({ presence: z.record(z.string(), presence) })),
  start_call: by("start_call")(call),
  accept_call: by("accept_call")(call),
  join_call: by("join_call")(call),
  decline_call: by("decline_call")(call),
  end_call: by("end_call")(call),
  signal_call: by("signal_call")(nothing),
  watch_cluster: by("watch_cluster")(z.strictObject({ cluster: z.nullable(clusterView) })),
  refresh_token: by("refresh_token")(z.strictObject({ expiresAt: time })),
  heartbeat: by("heartbeat")(z.strictObject({ tips: z.record(z.string(), seq) })),
} satisfies Record<Command, z.ZodMiniType>;

export const errorBodySchema = z.strictObject({
  code: z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes]),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.exactOptional(z.number()),
});

function of<E extends ServerEvent>(_event: E) {
  return schemaFor<ServerPayload<E>>();
}

function by<C extends Command>(_command: C) {
  return schemaFor<CommandAnswers[C]>();
}
