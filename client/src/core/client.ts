import type { Announcement } from "@parloir/contracts/channels.ts";
import type { CreateConversationBody } from "@parloir/contracts/http.ts";
import type { ReadNotifications } from "@parloir/contracts/notifications.ts";
import type { Conversation, Message, Notification } from "@parloir/contracts/shapes.ts";
import { traceparentPattern } from "@parloir/contracts/traceparent-pattern.ts";
import { type AttentionSource, pageAttention } from "./attention.ts";
import { type Bell, createBell } from "./bell.ts";
import { type Channels, createChannels } from "./channels.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import { type Conversations, createConversations } from "./conversations.ts";
import { createFiles, type Files } from "./files.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createId } from "./ids.ts";
import { createIndexedDbStore, hasIndexedDb } from "./indexeddb.ts";
import { createKeeping, type Keeping } from "./keeping.ts";
import { createListeners, type Link, type LinkEvent } from "./link.ts";
import type { Observable } from "./observable.ts";
import { createOutbox, type Outbox, type OutboxMessage } from "./outbox.ts";
import { createMemoryStore, type OutboxStore } from "./outbox-store.ts";
import { createPresences, type Presences } from "./presence.ts";
import { createRest, type Rest } from "./rest.ts";
import { createSync } from "./sync.ts";
import type { Thread } from "./thread.ts";
import { createThreads } from "./threads.ts";
import { messageOfReceipt } from "./timeline.ts";
import { createTokens, type GetToken, subjectOf, type Tokens } from "./token.ts";
import { createTyping, type Typing } from "./typing.ts";
import { createViewing, type Viewing } from "./viewing.ts";

export interface ClientOptions extends ConnectOptions {
  /** Where the cluster is, without a path: `https://chat.example.org`. */
  url: string;
  getToken: GetToken;
  /** Who this is, when the host knows it before there is a token: unsent messages then show at once. */
  userId?: string;
  /** Where unsent messages wait; IndexedDB in browsers, memory elsewhere. */
  store?: OutboxStore;
  fetch?: typeof globalThis.fetch;
  /**
   * The W3C trace context (`traceparent`) in which a send stands, asked at each attempt. By default, and where it
   * answers nothing or something else, the trace begins at the gateway.
   */
  traceparent?: () => string | undefined;
  /** Whether somebody is looking; the page's own state by default. */
  attention?: AttentionSource;
  /** Replaces the connection, for tests. */
  createLink?: (parts: { rest: Rest; tokens: Tokens }) => Link;
}

export interface Client {
  readonly connection: Link["state"];
  readonly conversations: Conversations["state"];
  readonly typing: Typing["state"];
  readonly viewing: Viewing["state"];
  readonly pending: Outbox["pending"];
  /** The person's id; null before the first token. */
  me(): string | null;
  thread(conversationId: string): Thread;
  /** Says which thread the person has open now; null for none. */
  open(conversationId: string | null): void;
  /** A view of it is on its way: until it reports by the next, nothing of it is marked as read. */
  awaitView(conversationId: string): void;
  /** Whether the newest message is on screen; by default of the thread that is open. */
  setAtBottom(atBottom: boolean, conversationId?: string): void;
  send(message: OutboxMessage): void;
  /** What it settles with is sent by `send`, in its `attachments`. @throws CodedError */
  upload: Files["upload"];
  /** Where a file may be shown or saved from, for some minutes. @throws CodedError */
  fileLink: Files["link"];
  /** These settle with the message as it stands then. @throws CodedError */
  edit(message: MessageAddress, content: string): Promise<Message>;
  delete(message: MessageAddress): Promise<Message>;
  react(message: MessageAddress, emoji: string, on: boolean): Promise<Message>;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /** Call at every keystroke in the composer. */
  pressKey(conversationId: string): void;
  stopTyping(): void;
  /** Creates the conversation or finds the one that exists. @throws CodedError */
  startConversation(body: CreateConversationBody): Promise<Conversation>;
  loadMoreConversations(): Promise<void>;
  refreshConversations(): Promise<void>;
  onMessage(listener: (message: Message) => void): () => void;
  onNotification(listener: (notification: Notification) => void): () => void;
  onAnnouncement(listener: (announcement: Announcement) => void): () => void;
  /** Lines of the bell that were read in another page of this person. */
  onNotificationsRead(listener: (read: ReadNotifications) => void): () => void;
  readonly bell: Bell;
  /** Live updates that are not chat. */
  readonly channels: Channels;
  /** Archiving, muting, deleting for oneself, leaving. */
  readonly keeping: Keeping;
  /** Who is online, of those whom a view follows. */
  readonly presences: Presences;
  /** Marks everything in the conversation as read; a thread that is open and seen is marked by itself. @throws CodedError */
  markRead(conversationId: string): Promise<void>;
  rest: Rest;
  /** What this client keeps no state of, such as an agent's view of the team, is asked and heard here. */
  request: Link["request"];
  onEvent: Link["listen"];
  /** Comes again at once instead of waiting for the next attempt. */
  reconnect(): void;
  close(): void;
}

/** What names a message that is stored; any Message does. */
export interface MessageAddress {
  conversationId: string;
  seq: number;
}

const restoreMs = 3_000;

/** Connects one person to the cluster. Everything it offers is kept up to date until `close`. */
export function createClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/$/, "");
  let me = options.userId ?? null;
  const tokens = createTokens(async (how) => {
    const token = await options.getToken(how);
    me ??= subjectOf(token);
    return token;
  });
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const rest = createRest({ url, tokens, fetch });
  const files = createFiles({ url, tokens, rest, fetch });
  const attention = options.attention ?? pageAttention();
  const messages = createListeners<Message>();
  const notifications = createListeners<Notification>();
  const announcements = createListeners<Announcement>();
  const readLines = createListeners<ReadNotifications>();
  let restored = false;
  let restoring: "needed" | "underway" | "done" = "needed";

  const tabId = createId();
  const { link, adoption } = options.createLink
    ? { link: options.createLink({ rest, tokens }), adoption: (adopt: Outbox["adopt"]) => adopt() }
    : connect({ ...options, url }, { rest, tokens, tabId, onTabGone: () => void adoption(outbox.adopt) });
  const isOnline = () => link.state.getSnapshot().status === "online";

  const conversations = createConversations({ rest, me: () => me });
  const outbox = createOutbox({
    async userId() {
      if (me === null) await tokens.current();
      return me ?? "";
    },
    owner: tabId,
    store: options.store ?? (hasIndexedDb() ? createIndexedDbStore() : createMemoryStore()),
    deliver: (payload) => link.request("send_message", { ...payload, ...tracing(options.traceparent) }),
    isOnline: () => restored && isOnline(),
    onSent(sent, receipt) {
      const message = messageOfReceipt(sent, receipt, me ?? sent.userId);
      threads.find(sent.conversationId)?.merge([message]);
      conversations.applyMessage(message);
    },
    renewToken: () => tokens.renew(),
  });
  const threads = createThreads({
    rest,
    me: () => me,
    pending: outbox.pending,
    onHole: (thread) => sync.request(thread),
    onStored: (stored) => outbox.confirm(stored),
  });
  const typing = createTyping((conversationId, isTyping) => {
    link.request("typing", { conversationId, isTyping }).catch(() => undefined); // Worth nothing a moment later.
  });
  const sync = createSync({
    link,
    threads: threads.all,
    find: threads.find,
    onReload: () => reloadAll({ forget: true }),
    onAbsent: (conversationId) => conversations.refreshOne(conversationId),
  });
  const viewing = createViewing({ link, attention, conversations, thread: threads.open });
  const heartbeat = createHeartbeat({ link, conversations, find: threads.find });

  const channels = createChannels({ link });
  const presences = createPresences({ link });

  function reloadAll(options: { forget: boolean }): void {
    void conversations.refresh(options);
    for (const thread of threads.all()) thread.reload(options);
  }

  /** What one may see of it changed: from now on, or nothing. */
  function forget(conversationId: string): void {
    threads.find(conversationId)?.reload({ forget: true });
  }

  function receive(message: Message): void {
    threads.find(message.conversationId)?.merge([message]);
    if (message.senderId === me) outbox.confirm([message.clientMessageId]);
    else
      typing.receive({ conversationId: message.conversationId, userId: message.senderId, isTyping: false });
    conversations.applyMessage(message);
    messages.emit(message);
  }

  function takeChanged(message: Message): Message {
    threads.find(message.conversationId)?.merge([message]);
    conversations.applyUpdate(message);
    return message;
  }

  /** Sends wait for those of the last visit, which come first; but not for ever for a database that hangs. */
  function restore(): void {
    if (restoring !== "needed") return;
    restoring = "underway";
    const adopted = adoption(outbox.adopt).then(
      () => "done" as const,
      // Whose they are was not known: there was no token. The first connection knows it.
      () => "needed" as const,
    );
    void adopted.then((next) => {
      restoring = next;
    });
    restored = false;
    void Promise.race([adopted, new Promise((done) => setTimeout(done, restoreMs))]).then(() => {
      restored = true;
      outbox.resume();
    });
  }

  function handle({ event, payload }: LinkEvent): void {
    switch (event) {
      case "ready":
        me = payload.userId;
        conversations.applyHeads(payload.conversations);
        sync.opened(payload);
        viewing.opened();
        channels.opened(payload.epoch);
        presences.opened();
        restore();
        outbox.resume();
        break;
      case "new_message":
        receive(payload);
        break;
      case "message_updated":
        takeChanged(payload);
        break;
      case "user_typing":
        typing.receive(payload);
        break;
      case "messages_read":
        conversations.applyRead(payload);
        break;
      case "conversation_updated":
        conversations.applyShared(payload);
        break;
      case "conversation_added":
        conversations.refreshOne(payload.conversationId);
        break;
      case "conversation_removed":
        conversations.remove(payload.conversationId);
        forget(payload.conversationId);
        break;
      case "unread":
        conversations.applyUnread(payload);
        break;
      case "channel_event":
        channels.receive(payload);
        break;
      case "channel_removed":
        channels.removed(payload.channel);
        break;
      case "resync":
        channels.resync(payload);
        if (payload.channel === undefined) reloadAll({ forget: false });
        break;
      case "presence":
        presences.receive(payload);
        break;
      case "notifications_read":
        readLines.emit(payload);
        break;
      case "announcement":
        announcements.emit(payload);
        break;
      case "notification":
        heartbeat.tip(payload.conversationId, payload.seq);
        // None is made for the thread that is looked at; over REST the server does not know which one that is.
        if (link.state.getSnapshot().via !== "polling" || !viewing.isLookedAt(payload.conversationId))
          notifications.emit(payload);
        break;
    }
  }

  link.listen(handle);
  link.open();
  // Beside the handshake, not behind it: the list does not need a socket to be shown.
  void conversations.refresh();
  // The machine's own word is quicker than the silence of a socket, and ends a wait of up to 30 s.
  const network = new AbortController();
  for (const event of ["online", "offline"]) {
    globalThis.addEventListener?.(event, link.reconnect, { signal: network.signal });
  }
  restore();

  return {
    connection: link.state,
    conversations: conversations.state,
    typing: typing.state,
    viewing: viewing.state,
    pending: outbox.pending,
    me: () => me,
    thread: threads.open,
    open: viewing.open,
    awaitView: viewing.awaitView,
    setAtBottom: viewing.setAtBottom,
    send(message) {
      typing.stop();
      outbox.add(message);
    },
    edit: async ({ conversationId, seq }, content) =>
      takeChanged(await link.request("edit_message", { conversationId, seq, content })),
    delete: async ({ conversationId, seq }) =>
      takeChanged(await link.request("delete_message", { conversationId, seq })),
    react: async ({ conversationId, seq }, emoji, on) =>
      takeChanged(await link.request("react", { conversationId, seq, emoji, on })),
    upload: files.upload,
    fileLink: files.link,
    retry: outbox.retry,
    discard: outbox.discard,
    pressKey: typing.press,
    stopTyping: typing.stop,
    async startConversation(body) {
      const conversation = await rest<Conversation>("POST", "/api/messages/conversations", body);
      conversations.put(conversation);
      return conversation;
    },
    loadMoreConversations: conversations.loadMore,
    refreshConversations: () => conversations.refresh(),
    onMessage: messages.listen,
    onNotification: notifications.listen,
    onAnnouncement: announcements.listen,
    onNotificationsRead: readLines.listen,
    bell: createBell(rest),
    channels: { subscribe: channels.subscribe },
    keeping: createKeeping({ rest, conversations, forget }),
    presences: { state: presences.state, watch: presences.watch },
    async markRead(conversationId) {
      const seq = conversations.find(conversationId)?.lastSeq ?? 0;
      if (seq === 0) return;
      conversations.applyOwnMark(conversationId, await link.request("mark_read", { conversationId, seq }));
    },
    rest,
    request: link.request,
    onEvent: link.listen,
    reconnect: link.reconnect,
    close() {
      network.abort();
      typing.close();
      viewing.close();
      heartbeat.close();
      channels.close();
      presences.close();
      sync.close();
      outbox.close();
      threads.close();
      conversations.close();
      attention.close();
      link.close();
    },
  };
}

/** Only what the server takes: it would refuse the whole message for anything else. */
function tracing(ask: ClientOptions["traceparent"]): { traceparent?: string } {
  const traceparent = ask?.();
  return traceparent !== undefined && traceparentPattern.test(traceparent) ? { traceparent } : {};
}

export * from "./given.ts";
export type { Observable };
