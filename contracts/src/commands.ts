import * as z from "zod/mini";
import { callCommands } from "./calls.ts";
import { channelName } from "./channels.ts";
import { emoji } from "./emoji.ts";
import { clientMessageId, seq, userId, uuid } from "./ids.ts";
import { maxAttachments, maxWatched } from "./shapes.ts";
import { traceparent } from "./traceparent.ts";

const attachmentIds = z.array(uuid).check(
  z.maxLength(maxAttachments),
  z.refine((ids) => new Set(ids).size === ids.length, "names an attachment twice"),
);

/**
 * Payload schema of every socket command. Unknown fields are refused: a client that sends `senderId` or `seq` is
 * mistaken about who decides them. The text itself is judged by `contentProblem`, which has its own codes.
 */
export const sendMessagePayload = z.strictObject({
  conversationId: uuid,
  clientMessageId,
  content: z.string(),
  attachmentIds: z.optional(attachmentIds),
  replyToSeq: z.optional(seq.check(z.minimum(1))),
  mentions: z.optional(z.array(userId).check(z.maxLength(50))),
  /** W3C trace context: the steps of the message go on in that trace. */
  traceparent: z.optional(traceparent),
});
export type SendMessagePayload = z.infer<typeof sendMessagePayload>;

export const maxSyncConversations = 200;
/** Messages per conversation and answer of `sync` or `join_conversation`. */
export const maxSyncPage = 200;

/**
 * What a client has of a conversation: everything up to `seq`, and with `change` also every change up to that one of
 * it. A plain number learns of new messages only.
 */
const cursor = z.union([seq, z.strictObject({ seq, change: seq })]);
export type Cursor = z.infer<typeof cursor>;

const messageOf = { conversationId: uuid, seq: seq.check(z.minimum(1)) };

export const commandSchemas = {
  join_conversation: z.strictObject({ conversationId: uuid, after: z.optional(seq) }),
  leave_conversation: z.strictObject({ conversationId: uuid }),
  send_message: sendMessagePayload,
  /** `note`: an agent types a private note, which only the agents who have the conversation open learn of. */
  typing: z.strictObject({ conversationId: uuid, isTyping: z.boolean(), note: z.optional(z.boolean()) }),
  mark_read: z.strictObject({ conversationId: uuid, seq }),
  sync: z.strictObject({
    cursors: z.record(uuid, cursor).check(
      z.refine((cursors) => {
        const count = Object.keys(cursors).length;
        return count >= 1 && count <= maxSyncConversations;
      }, `cursors must name 1 to ${maxSyncConversations} conversations`),
    ),
    epoch: z.optional(z.string().check(z.maxLength(64))),
  }),
  subscribe: z.strictObject({ channel: channelName, after: z.optional(seq) }),
  unsubscribe: z.strictObject({ channel: channelName }),
  edit_message: z.strictObject({ ...messageOf, content: z.string() }),
  delete_message: z.strictObject(messageOf),
  react: z.strictObject({ ...messageOf, emoji, on: z.boolean() }),
  watch_presence: z.strictObject({ userIds: z.array(userId).check(z.maxLength(maxWatched)) }),
  ...callCommands,
  watch_cluster: z.strictObject({ on: z.boolean() }),
  refresh_token: z.strictObject({ token: z.string().check(z.maxLength(8_192)) }),
  heartbeat: z.strictObject({}),
} as const;

export type Command = keyof typeof commandSchemas;
export type CommandPayload<C extends Command> = z.infer<(typeof commandSchemas)[C]>;

/** Commands whose loss costs nothing: no ack is owed and a busy gateway may drop them. */
export const volatileCommands: ReadonlySet<Command> = new Set<Command>(["typing"]);

/** Commands that clients send by themselves: they say nothing about what the person does. */
export const automaticCommands: ReadonlySet<Command> = new Set<Command>([
  "heartbeat",
  "sync",
  "refresh_token",
  "watch_presence",
  "join_call",
  "signal_call",
]);
