import { CodedError } from "@parloir/contracts/errors.ts";
import type { CommandAnswers, SendReceipt } from "@parloir/contracts/events.ts";
import type { Conversation, Message, Notification } from "@parloir/contracts/shapes.ts";
import { createListeners, firstState, type Link, type LinkEvent, NoAnswer, nextState } from "./link.ts";
import { createCell } from "./observable.ts";
import { messageOfReceipt } from "./timeline.ts";

/** For tests: stands for the network and the cluster behind it. One conversation, two people. */

export const conversationId = "00000000-0000-4000-8000-000000000001";

export function createScriptedCluster() {
  const messages: Message[] = [];
  const lines: Notification[] = [];
  const requests: string[] = [];
  let lastChange = 0;
  let reachable = true;
  /** Up to here the history is gone for this person. */
  let clearedSeq = 0;
  let epoch = "e1";
  let lastReadSeq = 0;

  function write(
    senderId: string,
    content: string,
    clientMessageId = `${senderId}-${messages.length + 1}`,
  ): Message {
    const known = messages.find(
      (one) => one.senderId === senderId && one.clientMessageId === clientMessageId,
    );
    if (known) return known;
    const seq = messages.length + 1;
    const receipt = {
      id: `m${seq}`,
      conversationId,
      seq,
      createdAt: new Date(seq * 1_000).toISOString(),
      duplicate: false,
    };
    const change = ++lastChange;
    const message = { ...messageOfReceipt({ clientMessageId, content }, receipt, senderId), change };
    messages.push(message);
    return message;
  }

  /** Replaces a message by what it says now. */
  function alter(seq: number, difference: Partial<Message>): Message {
    const changed = { ...messages[seq - 1]!, ...difference, change: ++lastChange };
    messages[seq - 1] = changed;
    return changed;
  }

  const edit = (seq: number, content: string) =>
    alter(seq, { content, editedAt: "1970-01-02T00:00:00.000Z" });

  /** What a cursor misses: the older ones that changed, then at most `limit` in all. */
  function after(seq: number, change: number, limit: number): Message[] {
    const visible = messages.filter((message) => message.seq > clearedSeq);
    const older = visible.filter((message) => message.seq <= seq && message.change > change);
    older.sort((a, b) => a.change - b.change);
    return [...older, ...visible.filter((message) => message.seq > seq)].slice(0, limit);
  }

  function conversation(): Conversation {
    return {
      id: conversationId,
      kind: "direct",
      subject: null,
      status: "open",
      assigneeId: null,
      participants: ["ana", "bob"].map((userId) => ({
        userId,
        name: userId,
        role: "client",
        lastReadSeq: 0,
      })),
      lastSeq: messages.length,
      lastChange,
      lastMessage: messages.at(-1) ?? null,
      cycle: 1,
      createdAt: "1970-01-01T00:00:00.000Z",
      updatedAt: "1970-01-01T00:00:00.000Z",
      lastReadSeq,
      unreadCount: messages.length - lastReadSeq,
      archived: false,
      mutedUntil: null,
    };
  }

  function history(query: URLSearchParams) {
    const limit = Number(query.get("limit") ?? 50);
    const from = query.has("after") ? Number(query.get("after")) : null;
    const before = Number(query.get("before") ?? Number.POSITIVE_INFINITY);
    const isOn = (message: Message) => message.seq > clearedSeq && message.seq < before;
    const change = Number(query.get("change") ?? Number.POSITIVE_INFINITY);
    const all = from === null ? messages.filter(isOn) : after(from, change, messages.length);
    const page = from === null ? all.slice(-limit) : all.slice(0, limit);
    const last = page.at(-1);
    const isCut = all.length > page.length && last !== undefined && last.seq <= (from ?? 0);
    return {
      messages: page,
      lastSeq: messages.length,
      lastChange: isCut ? last.change : lastChange,
      hasMore: all.length > page.length,
    };
  }

  /** Answers what the client asks by REST. */
  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (!reachable) throw new TypeError("network");
    const { pathname, searchParams } = new URL(String(input));
    const route = `${init?.method ?? "GET"} ${pathname}`;
    requests.push(route);
    const answers: Record<string, () => unknown> = {
      "GET /api/me": () => ({ id: "ana", name: "Ana", role: "client" }),
      "GET /api/messages/conversations": () => ({ items: [conversation()], nextCursor: null }),
      [`GET /api/messages/conversations/${conversationId}`]: () => ({ ...conversation(), messages }),
      "GET /api/messages/unread": () => ({ total: messages.length - lastReadSeq, conversations: {} }),
      "POST /api/messages/conversations": conversation,
      "GET /api/notifications": () => ({
        items: lines,
        nextCursor: null,
        unread: lines.filter(({ readAt }) => readAt === null).length,
      }),
      "GET /api/notifications/preferences": () => cluster.preferences,
      "POST /api/notifications/read": () => ({ ids: lines.splice(0).map(({ id }) => id), unread: 0 }),
      "GET /api/messages": () => history(searchParams),
      "POST /api/messages": () => {
        const { content, clientMessageId } = JSON.parse(String(init?.body));
        return { ...write("ana", content, clientMessageId), duplicate: false };
      },
      [`POST /api/messages/conversations/${conversationId}/read`]: () => {
        lastReadSeq = Math.max(lastReadSeq, JSON.parse(String(init?.body)).seq);
        return { lastReadSeq, unreadCount: messages.length - lastReadSeq };
      },
    };
    const edited = /^PATCH .*\/(\d+)$/.exec(route);
    const answer =
      edited === null
        ? answers[route]
        : () => edit(Number(edited[1]), JSON.parse(String(init?.body)).content);
    if (!answer)
      return Response.json({ success: false, error: { code: "NOT_FOUND", message: route } }, { status: 404 });
    const response = Response.json({ success: true, data: answer() });
    await cluster.hold;
    return response;
  }

  const cluster = {
    /** Answers by REST are as old as this is long. */
    hold: Promise.resolve() as Promise<unknown>,
    messages,
    /** Of the bell. */
    lines,
    preferences: { channels: { socket: true, webhook: true, push: true, email: true }, quietHours: null },
    /** What came by REST. */
    requests,
    setReachable(next: boolean) {
      reachable = next;
    },
    write,
    edit,
    alter,
    fetch: fetch as typeof globalThis.fetch,
    link: () =>
      createScriptedLink({
        messages: () => messages.filter((message) => message.seq > clearedSeq),
        after,
        lastChange: () => lastChange,
        edit,
        head: () => messages.length,
        write,
        epoch: () => epoch,
        mark: (seq) => (lastReadSeq = Math.max(lastReadSeq, seq)),
        lastReadSeq: () => lastReadSeq,
      }),
    clear() {
      clearedSeq = messages.length;
    },
    restoreOlder(length: number, nextEpoch: string) {
      messages.length = length;
      lastChange = length;
      epoch = nextEpoch;
    },
  };
  return cluster;
}

interface ScriptedLinkOptions {
  messages: () => Message[];
  after: (seq: number, change: number, limit: number) => Message[];
  lastChange: () => number;
  edit: (seq: number, content: string) => Message;
  head: () => number;
  write: (senderId: string, content: string, clientMessageId?: string) => Message;
  epoch: () => string;
  mark: (seq: number) => void;
  lastReadSeq: () => number;
}

export type ScriptedLink = Link & {
  up(): void;
  down(): void;
  push(event: LinkEvent): void;
  commands: { command: string; payload: unknown }[];
  /** Set to lose, delay or refuse commands: called before each. */
  before: (command: string) => void | Promise<void>;
};

const syncPage = 3;

function createScriptedLink({
  messages,
  after,
  lastChange,
  edit,
  head,
  write,
  epoch,
  mark,
  lastReadSeq,
}: ScriptedLinkOptions): ScriptedLink {
  const state = createCell(firstState());
  const events = createListeners<LinkEvent>();
  const commands: ScriptedLink["commands"] = [];

  const answers: { [Command in keyof CommandAnswers]?: (payload: never) => unknown } = {
    send_message(payload: { content: string; clientMessageId: string }): SendReceipt {
      const { id, seq, createdAt } = write("ana", payload.content, payload.clientMessageId);
      return { id, conversationId, seq, createdAt, duplicate: false };
    },
    sync({ cursors }: { cursors: Record<string, { seq: number; change: number }> }) {
      const conversations = Object.entries(cursors).map(([id, { seq, change }]) => {
        const all = after(seq, change, head() + 1);
        const page = all.slice(0, syncPage);
        const last = page.at(-1);
        const complete = all.length <= syncPage;
        const isCut = !complete && last !== undefined && last.seq <= seq;
        return {
          conversationId: id,
          messages: page,
          lastSeq: head(),
          lastChange: isCut ? last.change : lastChange(),
          complete,
        };
      });
      return { epoch: epoch(), conversations };
    },
    edit_message: ({ seq, content }: { seq: number; content: string }) => edit(seq, content),
    join_conversation: ({ after }: { after?: number }) => ({
      messages: messages().filter((message) => message.seq > (after ?? 0)),
      lastSeq: head(),
      lastChange: lastChange(),
      complete: true,
    }),
    mark_read({ seq }: { seq: number }) {
      mark(seq);
      return { lastReadSeq: lastReadSeq(), unreadCount: head() - lastReadSeq() };
    },
    heartbeat: () => ({ tips: { [conversationId]: head() } }),
    leave_conversation: () => ({}),
    watch_presence: ({ userIds }: { userIds: string[] }) => ({
      presence: Object.fromEntries(userIds.map((id) => [id, { status: "online", lastSeenAt: null }])),
    }),
    subscribe: () => ({ cursor: 0, events: [], complete: true }),
    unsubscribe: () => ({}),
    typing: () => ({}),
  };

  const link: ScriptedLink = {
    state,
    commands,
    before: () => undefined,
    listen: events.listen,
    push: events.emit,
    async request(command, payload) {
      if (state.getSnapshot().status !== "online") throw new NoAnswer("offline");
      commands.push({ command, payload });
      await link.before(command);
      const answer = answers[command];
      if (!answer) throw new CodedError("UNKNOWN_EVENT", command);
      return answer(payload as never) as never;
    },
    up() {
      state.update((present) => nextState(present, "online", { via: "socket" }));
      const conversations = [
        {
          id: conversationId,
          lastSeq: head(),
          lastChange: lastChange(),
          lastReadSeq: lastReadSeq(),
          unreadCount: head() - lastReadSeq(),
        },
      ];
      events.emit({ event: "ready", payload: { userId: "ana", epoch: epoch(), conversations } });
    },
    down: () => state.update((present) => nextState(present, "offline")),
    open: () => undefined,
    reconnect: () => undefined,
    close: () => undefined,
  };
  return link;
}
