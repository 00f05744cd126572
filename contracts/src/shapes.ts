import type { CallEnding } from "./calls.ts";

/** The things that travel, as REST and sockets both show them. Times are ISO 8601 UTC strings. */

export const roles = ["client", "technician", "agent", "admin"] as const;
export type Role = (typeof roles)[number];

export interface Person {
  id: string;
  name: string;
  email?: string;
  avatarUrl?: string;
  role: Role;
  locale?: string;
}

/** Whether a person's tokens count. */
export interface Standing {
  userId: string;
  /** Tokens issued before are refused; null: never revoked. */
  tokensValidFrom: string | null;
  bannedAt: string | null;
  banReason: string | null;
}

export interface Participant {
  userId: string;
  name: string;
  avatarUrl?: string;
  role: Role;
  lastReadSeq: number;
}

/** As other agents see one. */
export interface Agent {
  userId: string;
  name: string;
  avatarUrl?: string;
  role: Role;
}

/** As one finds a person in order to write to them. */
export interface Contact {
  userId: string;
  name: string;
  avatarUrl?: string;
  role: Role;
}

/** A person whom one has blocked. */
export interface Block {
  userId: string;
  name: string;
  avatarUrl?: string;
  createdAt: string;
}

export const conversationKinds = ["direct", "support", "group"] as const;
export type ConversationKind = (typeof conversationKinds)[number];

export const conversationStatuses = ["open", "pending", "closed"] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];

/** Of an agent's list of support conversations. */
export const supportViews = ["mine", "unassigned", "all"] as const;
export type SupportView = (typeof supportViews)[number];

export interface Subject {
  type: string;
  id: string;
  title: string;
}

export interface Attachment {
  id: string;
  name: string;
  mediaType: string;
  size: number;
  width?: number;
  height?: number;
  durationMs?: number;
  url: string;
  thumbnailUrl?: string;
}

export interface Reaction {
  emoji: string;
  userIds: string[];
}

export const systemEvents = [
  "member_added",
  "member_removed",
  "member_left",
  "assigned",
  "unassigned",
  "closed",
  "reopened",
  "called",
] as const;
export type SystemEvent = (typeof systemEvents)[number];

/** Somebody as they were called when it happened: who left is no participant any more. */
export interface Named {
  userId: string;
  name: string;
}

/** What a system line says, for clients to put into words. */
export interface SystemLine {
  event: SystemEvent;
  /** Who did it; null: the host's back end, with its server key. */
  actor: Named | null;
  /** Whom it happened to; null where that is nobody. */
  person: Named | null;
  /** Of the event `called`, and of no other. */
  call?: { ending: CallEnding; seconds: number | null };
}

/** `senderId` of system lines. It names no person. */
export const systemSender = "parloir:system";

export interface Message {
  conversationId: string;
  /** 1, 2, 3 … without gaps within the conversation: the only order there is. */
  seq: number;
  id: string;
  senderId: string;
  clientMessageId: string;
  kind: "text" | "system" | "call";
  /** Of a system line: a sentence in English without names, for clients that do not know its `system`. */
  content: string;
  attachments: Attachment[];
  replyToSeq: number | null;
  mentions: string[];
  reactions: Reaction[];
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
  /** A second gapless counter, taken by every insert, edit, deletion and reaction of the conversation. */
  change: number;
  /** Of kind system, and of no other. */
  system?: SystemLine;
}

/** Part of a message's text, in order. Plain text, never markup: `match` says what to highlight. */
export type Snippet = { text: string; match: boolean }[];

export interface FoundMessage {
  message: Message;
  snippet: Snippet;
  /** Whose support conversation it is in, for agents. */
  customerName?: string;
}

/** What a message said before it was edited. */
export interface MessageEdit {
  content: string;
  /** Since when it said so. */
  writtenAt: string;
}

/** A conversation as everyone in it may see it. */
export interface SharedConversation {
  id: string;
  kind: ConversationKind;
  subject: Subject | null;
  status: ConversationStatus;
  assigneeId: string | null;
  participants: Participant[];
  lastSeq: number;
  lastChange: number;
  lastMessage: Message | null;
  cycle: number;
  createdAt: string;
  updatedAt: string;
}

/** A conversation as one person sees it. */
export interface Conversation extends SharedConversation {
  lastReadSeq: number;
  unreadCount: number;
  archived: boolean;
  mutedUntil: string | null;
}

/** A private line between agents: no message, so it takes no seq and counts for nobody's unread. */
export interface Note {
  conversationId: string;
  id: string;
  /** The conversation's head when it was written: it stands behind that message. */
  afterSeq: number;
  authorId: string;
  content: string;
  createdAt: string;
}

export const toastLevels = ["info", "success", "warning", "error"] as const;
export type ToastLevel = (typeof toastLevels)[number];

export interface Notification {
  id: string;
  /** `call`: one that came to nothing while it rang. `host`: what the host's back end told this person, beside chat. */
  type: "message" | "call" | "host";
  conversationId: string | null;
  seq: number | null;
  title: string;
  message: string;
  /** Unread messages, or missed calls, that this line stands for; 1 of a host's. */
  count: number;
  createdAt: string;
  readAt: string | null;
  /** Of a host's. */
  level?: ToastLevel;
  /** Of a host's: where a click leads. */
  href?: string;
}

export interface Unread {
  total: number;
  conversationId: string;
  count: number;
}

/** Per-conversation head in `ready`. */
export interface ConversationHead {
  id: string;
  lastSeq: number;
  lastChange: number;
  lastReadSeq: number;
  unreadCount: number;
}

export type PresenceStatus = "online" | "away" | "offline";

export interface Presence {
  status: PresenceStatus;
  /** When the person was last online; null when that is unknown, or now. */
  lastSeenAt: string | null;
}

/** Files of one message. */
export const maxAttachments = 10;

/** People whose presence one socket watches. */
export const maxWatched = 200;

export interface ReadMark {
  lastReadSeq: number;
  unreadCount: number;
}
