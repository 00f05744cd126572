import type { Command, CommandPayload, Cursor } from "@parloir/contracts/commands.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { CommandAnswers, SyncItem } from "@parloir/contracts/events.ts";
import type { HistoryPage, Page, UnreadSummary } from "@parloir/contracts/http.ts";
import type { Conversation, Message, Person, ReadMark } from "@parloir/contracts/shapes.ts";
import { maxRetryDelayMs } from "./backoff.ts";
import { asCodedError, createListeners, firstState, type Link, type LinkEvent, nextState } from "./link.ts";
import { createCell } from "./observable.ts";
import { createPollingBell } from "./polling-bell.ts";
import type { Rest } from "./rest.ts";

interface PollingOptions {
  socket: Link;
  rest: Rest;
  /** Without a socket for so long, it counts as blocked. A restarting gateway is back sooner. */
  afterMs?: number | undefined;
  everyMs?: number | undefined;
}

/**
 * The socket while there is one; where networks block it, the same commands over REST and a look every 3 s. The
 * socket goes on trying underneath and takes over again by itself.
 */
export function createPollingFallback(options: PollingOptions): Link {
  const { socket, rest, afterMs = 8_000, everyMs = 3_000 } = options;
  const state = createCell(firstState());
  const events = createListeners<LinkEvent>();
  const bell = createPollingBell(rest, events.emit);
  let seen = new Map<string, Seen>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  /** The round of polling under way; 0 while the socket serves. */
  let round = 0;
  let rounds = 0;

  const socketIsUp = () => socket.state.getSnapshot().status === "online";
  const isPolling = () => state.getSnapshot().via === "polling";

  const stopFollowing = socket.state.subscribe(() => {
    const next = socket.state.getSnapshot();
    if (next.status === "online") {
      round = 0;
      clearTimeout(timer);
      state.set(next);
      return;
    }
    // While polling serves, what the socket is up to does not matter.
    if (!isPolling()) state.update((present) => nextState(present, next.status, { error: next.error }));
    if (round === 0) startLater();
  });

  const stopListening = socket.listen(events.emit);

  function startLater(): void {
    round = ++rounds;
    failures = 0;
    seen = new Map();
    bell.forget();
    clearTimeout(timer);
    timer = setTimeout(poll, afterMs, round);
  }

  async function poll(mine: number): Promise<void> {
    try {
      if (!isPolling()) await begin(mine);
      else await look(mine);
      failures = 0;
    } catch (thrown) {
      const { code } = asCodedError(thrown);
      failures++;
      if (mine === round)
        state.update((present) =>
          nextState(present, "offline", { error: code === "UNAVAILABLE" ? null : code }),
        );
    }
    if (mine === round)
      timer = setTimeout(poll, Math.min(maxRetryDelayMs, everyMs * 2 ** Math.min(failures, 4)), mine);
  }

  async function begin(mine: number): Promise<void> {
    const person = await rest<Person>("GET", "/api/me");
    const [page, ring] = await Promise.all([readList(), bell.look()]);
    if (mine !== round) return;
    ring();
    for (const item of page.items) seen.set(item.id, seenOf(item));
    state.update((present) => nextState(present, "online", { via: "polling" }));
    events.emit({ event: "ready", payload: { userId: person.id, epoch: null, conversations: null } });
  }

  const readList = () => rest<Page<Conversation>>("GET", "/api/messages/conversations?limit=50");

  /** Two requests while nothing happens, for the list and the bell; what changed becomes the events that a socket would have brought. */
  async function look(mine: number): Promise<void> {
    const [page, ring] = await Promise.all([readList(), bell.look()]);
    const changed = page.items.filter((item) => seen.get(item.id)?.text !== JSON.stringify(item));
    const total = changed.length > 0 ? (await rest<UnreadSummary>("GET", "/api/messages/unread")).total : 0;
    const updates = await Promise.all(changed.map((item) => readUpdates(item)));
    if (mine !== round) return;
    for (const [index, item] of changed.entries()) tell(item, updates[index]!, total);
    // After the messages that its lines tell of.
    ring();
    if (page.nextCursor !== null) return;
    const present = new Set(page.items.map((item) => item.id));
    for (const id of seen.keys()) {
      if (present.has(id)) continue;
      seen.delete(id);
      events.emit({ event: "conversation_removed", payload: { conversationId: id } });
    }
  }

  /** What was there before and changed since: more changes than new messages say that there is some. */
  async function readUpdates(item: Conversation): Promise<Message[]> {
    const former = seen.get(item.id);
    if (!former || item.lastChange - former.lastChange === item.lastSeq - former.lastSeq) return [];
    const cursor = { seq: former.lastSeq, change: former.lastChange };
    const page = await readHistory(rest, item.id, cursor);
    return page.messages.filter((message) => message.seq <= former.lastSeq);
  }

  function tell(item: Conversation, updates: Message[], total: number): void {
    const former = seen.get(item.id);
    seen.set(item.id, seenOf(item));
    for (const message of updates) events.emit({ event: "message_updated", payload: message });
    // Only the newest message: the ones between show as a hole, which is then fetched.
    if (item.lastMessage && item.lastSeq > (former?.lastSeq ?? 0)) {
      events.emit({ event: "new_message", payload: item.lastMessage });
    }
    const { lastReadSeq: _, unreadCount, archived: __, mutedUntil: ___, ...shared } = item;
    events.emit({ event: "conversation_updated", payload: shared });
    events.emit({ event: "unread", payload: { total, conversationId: item.id, count: unreadCount } });
  }

  return {
    state,
    listen: events.listen,
    request: (command, payload) =>
      isPolling() && !socketIsUp() ? requestByRest(rest, command, payload) : socket.request(command, payload),
    open() {
      startLater();
      socket.open();
    },
    reconnect: socket.reconnect,
    close() {
      round = -1;
      clearTimeout(timer);
      stopFollowing();
      stopListening();
      socket.close();
    },
  };
}

interface Seen {
  lastSeq: number;
  lastChange: number;
  text: string;
}

function seenOf(item: Conversation): Seen {
  return { lastSeq: item.lastSeq, lastChange: item.lastChange, text: JSON.stringify(item) };
}

type Routes = { [C in Command]?: (rest: Rest, payload: CommandPayload<C>) => Promise<CommandAnswers[C]> };

/** The REST form of each command. Rooms, typing and heartbeats mean nothing without a socket. */
const routes: Routes = {
  async send_message(rest, payload) {
    const message = await rest<Message & { duplicate: boolean }>("POST", "/api/messages", payload);
    const { id, conversationId, seq, createdAt, duplicate } = message;
    return { id, conversationId, seq, createdAt, duplicate };
  },
  mark_read: (rest, { conversationId, seq }) =>
    rest<ReadMark>("POST", `/api/messages/conversations/${conversationId}/read`, { seq }),
  async join_conversation(rest, { conversationId, after }) {
    const page = await readHistory(rest, conversationId, after);
    const { messages, lastSeq, lastChange, hasMore } = page;
    return { messages, lastSeq, lastChange, complete: after !== undefined && !hasMore };
  },
  async sync(rest, { cursors }) {
    const items = Object.entries(cursors).map(async ([conversationId, cursor]): Promise<SyncItem[]> => {
      try {
        const { hasMore, ...page } = await readHistory(rest, conversationId, cursor);
        return [{ conversationId, ...page, complete: !hasMore }];
      } catch (error) {
        if (asCodedError(error).code === "NOT_FOUND") return [];
        throw error;
      }
    });
    return { epoch: "", conversations: (await Promise.all(items)).flat() };
  },
  edit_message: (rest, { conversationId, seq, content }) =>
    rest<Message>("PATCH", `/api/messages/${conversationId}/${seq}`, { content }),
  delete_message: (rest, { conversationId, seq }) =>
    rest<Message>("DELETE", `/api/messages/${conversationId}/${seq}`),
  react: (rest, { conversationId, seq, emoji, on }) =>
    rest<Message>(
      on ? "PUT" : "DELETE",
      `/api/messages/${conversationId}/${seq}/reactions/${encodeURIComponent(emoji)}`,
    ),
  heartbeat: async () => ({ tips: {} }),
  leave_conversation: async () => ({}),
  typing: async () => ({}),
};

function readHistory(rest: Rest, conversationId: string, after?: Cursor): Promise<HistoryPage> {
  const { seq, change } = typeof after === "object" ? after : { seq: after };
  const since = change === undefined ? "" : `&change=${change}`;
  const from = seq === undefined ? "&limit=50" : `&after=${seq}${since}&limit=200`;
  return rest<HistoryPage>("GET", `/api/messages?conversationId=${conversationId}${from}`);
}

async function requestByRest<C extends Command>(
  rest: Rest,
  command: C,
  payload: CommandPayload<C>,
): Promise<CommandAnswers[C]> {
  const route = routes[command] as
    | ((rest: Rest, payload: CommandPayload<C>) => Promise<CommandAnswers[C]>)
    | undefined;
  if (!route) throw new CodedError("UNSUPPORTED", `${command} needs a socket`);
  return route(rest, payload);
}
