import type { Call, Signal } from "./calls.ts";
import type { Announcement, ChannelEvent, ChannelPage } from "./channels.ts";
import type { ClusterView } from "./cluster.ts";
import type { Command, CommandPayload } from "./commands.ts";
import type { ErrorBody } from "./errors.ts";
import type { ReadNotifications } from "./notifications.ts";
import type {
  ConversationHead,
  Message,
  Note,
  Notification,
  Presence,
  ReadMark,
  Role,
  SharedConversation,
  Unread,
} from "./shapes.ts";

/** Every socket event, both ways. A new event starts here, then its schema (commands.ts), then its handler. */

export type Ack<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody };

export interface SendReceipt {
  id: string;
  conversationId: string;
  seq: number;
  createdAt: string;
  /** True when this clientMessageId was stored before: same id, seq and createdAt as then. */
  duplicate: boolean;
}

export interface JoinAnswer {
  lastSeq: number;
  /** The head of changes; `messages` are as they stand then. */
  lastChange: number;
  /** Ascending; what follows `after`, or the newest page when `after` was not given. */
  messages: Message[];
  /** With `after`: true when `messages` holds exactly after+1 … lastSeq. */
  complete: boolean;
}

export interface SyncItem {
  conversationId: string;
  /**
   * First the older ones that changed after the cursor's `change`, in the order of their latest changes, then the new
   * ones in seq order; all as they stand now.
   */
  messages: Message[];
  lastSeq: number;
  /**
   * The `change` for the next cursor: no change up to this one is missing of anything up to the last seq received. When
   * complete it is the head.
   */
  lastChange: number;
  /**
   * `messages` holds exactly cursor+1 … lastSeq, and with a cursor of {seq, change} everything older that changed.
   * False: ask again from the last message received, and `lastChange`.
   */
  complete: boolean;
  /** The cursor is beyond the head, or the hole is too wide: reload the conversation. */
  reset?: true;
}

export interface SyncAnswer {
  epoch: string;
  /** The client's epoch is another database's history: reload everything. */
  reset?: true;
  conversations: SyncItem[];
}

/** What each command's ack carries when ok. */
export interface CommandAnswers {
  join_conversation: JoinAnswer;
  leave_conversation: Record<string, never>;
  send_message: SendReceipt;
  typing: Record<string, never>;
  mark_read: ReadMark;
  edit_message: Message;
  delete_message: Message;
  react: Message;
  sync: SyncAnswer;
  subscribe: ChannelPage;
  unsubscribe: Record<string, never>;
  /** Only of those whom one may see: people with whom one shares a conversation; agents see everyone. */
  watch_presence: { presence: Record<string, Presence> };
  /** The call as it stands: when the other has called at the same moment it is theirs, to be accepted. */
  start_call: Call;
  accept_call: Call;
  join_call: Call;
  decline_call: Call;
  end_call: Call;
  signal_call: Record<string, never>;
  /** Admins only; null without Redis, and when it is switched off. */
  watch_cluster: { cluster: ClusterView | null };
  refresh_token: { expiresAt: string };
  heartbeat: { tips: Record<string, number> };
}

export type ClientToServerEvents = {
  [C in Command]: (payload: CommandPayload<C>, ack?: (answer: Ack<CommandAnswers[C]>) => void) => void;
};

export interface Ready {
  userId: string;
  role: Role;
  email: string | null;
  nodeId: string;
  /** Changes only when the database went back to an older state. */
  epoch: string;
  expiresAt: string;
  /** The most recently active ones (at most `maxAutomaticJoins`), joined by the time this arrives. */
  conversations: ConversationHead[];
}

export const maxAutomaticJoins = 200;

export interface ServerToClientEvents {
  ready: (ready: Ready) => void;
  new_message: (message: Message) => void;
  /** Edited, deleted or reacted to: the whole message as of its `change`. */
  message_updated: (message: Message) => void;
  user_typing: (typing: { conversationId: string; userId: string; isTyping: boolean }) => void;
  messages_read: (mark: { conversationId: string; userId: string; seq: number }) => void;
  presence: (change: { userId: string } & Presence) => void;
  conversation_updated: (conversation: SharedConversation) => void;
  /** Agents only, as the next two. */
  note_added: (note: Note) => void;
  /** All agents who have a support conversation open, whenever that changes, and once on opening it. */
  conversation_viewers: (viewing: { conversationId: string; userIds: string[] }) => void;
  note_typing: (typing: { conversationId: string; userId: string; isTyping: boolean }) => void;
  /** To every page of both people, with each change, and again while it rings. */
  call_updated: (call: Call) => void;
  /** To the other one's page that is in the call, and to no other. */
  call_signal: (signal: { callId: string; signal: Signal }) => void;
  conversation_added: (added: { conversationId: string }) => void;
  conversation_removed: (removed: { conversationId: string }) => void;
  notification: (notification: Notification) => void;
  /** To the person's pages: these lines of the bell were read in another one. */
  notifications_read: (read: ReadNotifications) => void;
  unread: (unread: Unread) => void;
  channel_event: (event: ChannelEvent) => void;
  /** One may no longer subscribe: no more of its events. */
  channel_removed: (removed: { channel: string }) => void;
  /** To admins who watch, every two seconds. */
  cluster: (view: ClusterView) => void;
  announcement: (announcement: Announcement) => void;
  /** With `channel`: only what that channel tells about. */
  resync: (reason: { reason: string; channel?: string }) => void;
  server_draining: (notice: { reconnectInMs: number }) => void;
  error: (error: { code: string; message: string }) => void;
}

export type ServerEvent = keyof ServerToClientEvents;
export type ServerPayload<E extends ServerEvent> = Parameters<ServerToClientEvents[E]>[0];

/** Older spellings that other chat back ends used, accepted where they are harmless. */
export const typingAliases = { typing_start: true, typing_stop: false } as const;
