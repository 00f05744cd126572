import * as z from "zod/mini";
import { type AuditAction, type AuditEntry, auditActions } from "./audit.ts";
import { type Call, callEndings, callStatuses, type IceServers } from "./calls.ts";
import type { CannedReply } from "./canned-replies.ts";
import type { ChannelEvent, ChannelPage, PublishReceipt } from "./channels.ts";
import { type ChannelPayload, channelEventName, channelName } from "./channels.ts";
import type { AttachmentLink, DemoAccount, HistoryPage, UnreadSummary } from "./http.ts";
import { clientMessageId, seq, userId, uuid } from "./ids.ts";
import { allScopes, type NewServerKey, type Scope, type ServerKey } from "./keys.ts";
import {
  type HostNotice,
  type NotificationList,
  notificationPreferences,
  type ReadNotifications,
} from "./notifications.ts";
import type { Erasure } from "./privacy.ts";
import * as shapes from "./shapes.ts";

/**
 * The shapes that travel, as schemas: what `/openapi.json` and `/asyncapi.json` show, and what tests hold every answer
 * and event of a real cluster against. Each is tied to its type: neither can change alone.
 */

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Takes only a schema that says exactly what the type says. */
export function schemaFor<T>() {
  return <S extends z.ZodMiniType>(schema: Same<z.output<S>, T> extends true ? S : never): S => schema;
}

/** As above; the documents then show it once, under this name. */
export function named<T>(id: string) {
  return <S extends z.ZodMiniType>(schema: Same<z.output<S>, T> extends true ? S : never): S => {
    z.globalRegistry.add(schema as S, { id });
    return schema as S;
  };
}

export const time = z.iso.datetime();
export const count = seq;
const cursor = z.nullable(z.string());

export const nothing = z.strictObject({});
export const role = z.enum(shapes.roles);

export const person = named<shapes.Person>("Person")(
  z.strictObject({
    id: userId,
    name: z.string(),
    email: z.exactOptional(z.string()),
    avatarUrl: z.exactOptional(z.string()),
    role,
    locale: z.exactOptional(z.string()),
  }),
);

export const standing = schemaFor<shapes.Standing>()(
  z.strictObject({
    userId,
    tokensValidFrom: z.nullable(time),
    bannedAt: z.nullable(time),
    banReason: z.nullable(z.string()),
  }),
);

const participant = named<shapes.Participant>("Participant")(
  z.strictObject({
    userId,
    name: z.string(),
    avatarUrl: z.exactOptional(z.string()),
    role,
    lastReadSeq: seq,
  }),
);

export const block = named<shapes.Block>("Block")(
  z.strictObject({ userId, name: z.string(), avatarUrl: z.exactOptional(z.string()), createdAt: time }),
);

export const attachment = named<shapes.Attachment>("Attachment")(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    mediaType: z.string(),
    size: count,
    width: z.exactOptional(count),
    height: z.exactOptional(count),
    durationMs: z.exactOptional(count),
    url: z.string(),
    thumbnailUrl: z.exactOptional(z.string()),
  }),
);

export const attachmentLink = schemaFor<AttachmentLink>()(
  z.strictObject({ url: z.string(), thumbnailUrl: z.exactOptional(z.string()), expiresAt: time }),
);

export const call = named<Call>("Call")(
  z.strictObject({
    id: uuid,
    conversationId: uuid,
    callerId: userId,
    calleeId: userId,
    callerName: z.string(),
    calleeName: z.string(),
    callerDevice: uuid,
    calleeDevice: z.nullable(uuid),
    status: z.enum(callStatuses),
    ending: z.nullable(z.enum(callEndings)),
    startedAt: time,
    answeredAt: z.nullable(time),
    endedAt: z.nullable(time),
  }),
);

export const iceServers = schemaFor<IceServers>()(
  z.strictObject({
    iceServers: z.array(
      z.strictObject({
        urls: z.array(z.string()),
        username: z.exactOptional(z.string()),
        credential: z.exactOptional(z.string()),
      }),
    ),
    expiresAt: z.nullable(time),
  }),
);

export const messageEdit = schemaFor<shapes.MessageEdit>()(
  z.strictObject({ content: z.string(), writtenAt: time }),
);

export const agent = named<shapes.Agent>("Agent")(
  z.strictObject({ userId, name: z.string(), avatarUrl: z.exactOptional(z.string()), role }),
);

export const contact = named<shapes.Contact>("Contact")(
  z.strictObject({ userId, name: z.string(), avatarUrl: z.exactOptional(z.string()), role }),
);

const somebody = z.strictObject({ userId, name: z.string() });
const systemLine = named<shapes.SystemLine>("SystemLine")(
  z.strictObject({
    event: z.enum(shapes.systemEvents),
    actor: z.nullable(somebody),
    person: z.nullable(somebody),
    call: z.exactOptional(z.strictObject({ ending: z.enum(callEndings), seconds: z.nullable(count) })),
  }),
);

const messageFields = {
  conversationId: uuid,
  seq,
  id: uuid,
  senderId: userId,
  clientMessageId,
  kind: z.enum(["text", "system", "call"]),
  content: z.string(),
  attachments: z.array(attachment),
  replyToSeq: z.nullable(seq),
  mentions: z.array(userId),
  reactions: z.array(z.strictObject({ emoji: z.string(), userIds: z.array(userId) })),
  createdAt: time,
  editedAt: z.nullable(time),
  deletedAt: z.nullable(time),
  change: seq,
  system: z.exactOptional(systemLine),
};
export const message = named<shapes.Message>("Message")(z.strictObject(messageFields));
/** What `POST /api/messages` answers. */
export const sentMessage = z.strictObject({ ...messageFields, duplicate: z.boolean() });

export const foundMessage = schemaFor<shapes.FoundMessage>()(
  z.strictObject({
    message,
    snippet: z.array(z.strictObject({ text: z.string(), match: z.boolean() })),
    customerName: z.exactOptional(z.string()),
  }),
);

const sharedFields = {
  id: uuid,
  kind: z.enum(shapes.conversationKinds),
  subject: z.nullable(z.strictObject({ type: z.string(), id: z.string(), title: z.string() })),
  status: z.enum(shapes.conversationStatuses),
  assigneeId: z.nullable(userId),
  participants: z.array(participant),
  lastSeq: seq,
  lastChange: seq,
  lastMessage: z.nullable(message),
  cycle: count,
  createdAt: time,
  updatedAt: time,
};
const ownFields = {
  ...sharedFields,
  lastReadSeq: seq,
  unreadCount: count,
  archived: z.boolean(),
  mutedUntil: z.nullable(z.string()),
};
export const sharedConversation = named<shapes.SharedConversation>("SharedConversation")(
  z.strictObject(sharedFields),
);
export const conversation = named<shapes.Conversation>("Conversation")(z.strictObject(ownFields));
export const openConversation = z.strictObject({ ...ownFields, messages: z.array(message) });

export const note = named<shapes.Note>("Note")(
  z.strictObject({
    conversationId: uuid,
    id: uuid,
    afterSeq: seq,
    authorId: userId,
    content: z.string(),
    createdAt: time,
  }),
);

export const notification = named<shapes.Notification>("Notification")(
  z.strictObject({
    id: uuid,
    type: z.enum(["message", "call", "host"]),
    conversationId: z.nullable(uuid),
    seq: z.nullable(seq),
    title: z.string(),
    message: z.string(),
    count,
    createdAt: time,
    readAt: z.nullable(time),
    level: z.exactOptional(z.enum(shapes.toastLevels)),
    href: z.exactOptional(z.string()),
  }),
);

export const hostNotice = schemaFor<HostNotice>()(
  z.strictObject({ cursor: seq, duplicate: z.boolean(), notification }),
);

export const notificationList = schemaFor<NotificationList>()(
  z.strictObject({ items: z.array(notification), nextCursor: cursor, unread: count }),
);
export const readNotices = schemaFor<ReadNotifications>()(
  z.strictObject({ ids: z.array(uuid), unread: count }),
);
export { notificationPreferences as preferences };

export const unread = schemaFor<shapes.Unread>()(
  z.strictObject({ total: count, conversationId: uuid, count }),
);
export const conversationHead = schemaFor<shapes.ConversationHead>()(
  z.strictObject({ id: uuid, lastSeq: seq, lastChange: seq, lastReadSeq: seq, unreadCount: count }),
);
export const readMark = schemaFor<shapes.ReadMark>()(
  z.strictObject({ lastReadSeq: seq, unreadCount: count }),
);
export const presence = schemaFor<shapes.Presence>()(
  z.strictObject({ status: z.enum(["online", "away", "offline"]), lastSeenAt: z.nullable(time) }),
);

export const historyPage = schemaFor<HistoryPage>()(
  z.strictObject({ messages: z.array(message), lastSeq: seq, lastChange: seq, hasMore: z.boolean() }),
);
export const unreadCounts = schemaFor<UnreadSummary>()(
  z.strictObject({ total: count, conversations: z.record(z.string(), count) }),
);
export const pageOf = <S extends z.ZodMiniType>(item: S) =>
  z.strictObject({ items: z.array(item), nextCursor: cursor });

const payload = z.record(z.string(), z.unknown()) satisfies z.ZodMiniType<ChannelPayload>;
export const channelEvent = named<ChannelEvent>("ChannelEvent")(
  z.strictObject({ channel: channelName, event: channelEventName, payload, cursor: seq }),
);
export const channelPage = schemaFor<ChannelPage>()(
  z.strictObject({ cursor: seq, events: z.array(channelEvent), complete: z.boolean() }),
);
export const publishReceipt = schemaFor<PublishReceipt>()(
  z.strictObject({ cursor: seq, duplicate: z.boolean() }),
);
export const channelMember = z.strictObject({ channel: channelName, userId });

export const issuedToken = z.strictObject({ token: z.string(), expiresAt: time });

const keyFields = {
  id: uuid,
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.enum(allScopes as [Scope, ...Scope[]])),
  createdBy: z.string(),
  createdAt: time,
  lastUsedAt: z.nullable(time),
  expiresAt: z.nullable(time),
  revokedAt: z.nullable(time),
  replacedBy: z.nullable(uuid),
};
export const serverKey = named<ServerKey>("ServerKey")(z.strictObject(keyFields));
export const newServerKey = schemaFor<NewServerKey>()(z.strictObject({ ...keyFields, key: z.string() }));

export const auditEntry = named<AuditEntry>("AuditEntry")(
  z.strictObject({
    id: z.string(),
    at: time,
    actor: z.strictObject({
      kind: z.enum(["person", "key", "anyone", "system"]),
      id: z.nullable(z.string()),
    }),
    action: z.enum(Object.keys(auditActions) as [AuditAction, ...AuditAction[]]),
    target: z.nullable(z.string()),
    details: z.nullable(z.record(z.string(), z.unknown())),
    requestId: z.nullable(z.string()),
    address: z.nullable(z.string()),
  }),
);

export const cannedReply = named<CannedReply>("CannedReply")(
  z.strictObject({
    id: uuid,
    shortcut: z.string(),
    title: z.string(),
    content: z.string(),
    locale: z.nullable(z.string()),
    updatedBy: userId,
    createdAt: time,
    updatedAt: time,
  }),
);

export const erasure = named<Erasure>("Erasure")(
  z.strictObject({
    userId,
    status: z.enum(["running", "done"]),
    messages: z.enum(["remove", "keep"]),
    conversations: z.strictObject({ total: count, done: count }),
    requestedAt: time,
    finishedAt: z.nullable(time),
  }),
);

/** Its parts follow the tables of the database: lists, of whatever is stored. */
export const personalData = z.catchall(z.object({ exportedAt: time, person }), z.array(z.unknown()));

export const demoAccount = schemaFor<DemoAccount>()(
  z.strictObject({
    id: userId,
    name: z.string(),
    role: z.string(),
    locale: z.string(),
    title: z.strictObject({ en: z.string(), fr: z.string() }),
  }),
);
