import { type CodedError, errorCodes } from "@parloir/contracts/errors.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type {
  Conversation,
  ConversationHead,
  Message,
  ReadMark,
  SharedConversation,
  Unread,
} from "@parloir/contracts/shapes.ts";
import { retryDelay } from "./backoff.ts";
import {
  activity,
  byActivity,
  newer,
  withMessage,
  withOwnMark,
  withRead,
  withShared,
} from "./conversation-changes.ts";
import { firstConversations, unreadCounts } from "./first-reads.ts";
import { asCodedError } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";
import type { Rest } from "./rest.ts";

export interface ConversationsState {
  status: "loading" | "ready" | "failed";
  error: CodedError | null;
  /** Newest activity first. */
  items: readonly Conversation[];
  hasMore: boolean;
  /** Unread messages over all conversations, also those not in `items`. */
  unreadTotal: number;
}

/** The list of conversations with their heads, marks and unread counts. */
export interface Conversations {
  readonly state: Observable<ConversationsState>;
  /** Reads the first page again. With `forget` nothing known before is kept. */
  refresh(options?: { forget: boolean }): Promise<void>;
  loadMore(): Promise<void>;
  /** Reads one conversation; removes it when it is gone. */
  refreshOne(conversationId: string): void;
  /** Reads one that was opened by its address, unless it is in the list: it may be beyond the first page. */
  ensure(conversationId: string): void;
  find(conversationId: string): Conversation | undefined;
  put(conversation: Conversation): void;
  remove(conversationId: string): void;
  /** Connected: what the heads say was not seen is read. Null: everything is. */
  applyHeads(heads: readonly ConversationHead[] | null): void;
  applyMessage(message: Message): void;
  /** One that was there before, edited, deleted or reacted to. */
  applyUpdate(message: Message): void;
  applyShared(conversation: SharedConversation): void;
  applyRead(mark: { conversationId: string; userId: string; seq: number }): void;
  applyOwnMark(conversationId: string, mark: ReadMark): void;
  applyUnread(unread: Unread): void;
  close(): void;
}

/** Up to so many changed conversations are read one by one, beyond that the list is read as a whole. */
const readOneByOne = 5;

export function createConversations(options: { rest: Rest; me: () => string | null }): Conversations {
  const { rest, me } = options;
  const state = createCell<ConversationsState>({
    status: "loading",
    error: null,
    items: [],
    hasMore: false,
    unreadTotal: 0,
  });
  const underway = new Map<string, { again: boolean }>();
  /** What was put since the present read of the first page began: its answer may be older. */
  let recent = new Set<string>();
  let nextCursor: string | null = null;
  let refreshing: Promise<void> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const find = (id: string) => state.getSnapshot().items.find((item) => item.id === id);

  function put(next: Conversation): void {
    recent.add(next.id);
    state.update((present) => {
      const before = present.items.find((item) => item.id === next.id);
      const rest = present.items.filter((item) => item.id !== next.id);
      const unreadTotal = Math.max(
        0,
        present.unreadTotal + next.unreadCount - (before?.unreadCount ?? next.unreadCount),
      );
      return { ...present, items: byActivity([...rest, next]), unreadTotal };
    });
  }

  function change(id: string, next: (present: Conversation) => Conversation | null): void {
    const present = find(id);
    const changed = present && next(present);
    if (changed) put(changed);
  }

  async function readFirstPage(): Promise<void> {
    clearTimeout(retry);
    const meanwhile = new Set<string>();
    recent = meanwhile;
    try {
      const [page, unread] = await Promise.all([
        rest<Page<Conversation>>("GET", firstConversations),
        rest<{ total: number }>("GET", unreadCounts),
      ]);
      failures = 0;
      const fresh = new Set(page.items.map((item) => item.id));
      const oldest = page.items.at(-1);
      state.update((present) => {
        // Items of later pages stay; one that should be on this page and is not has gone.
        const older = present.items.filter(
          (item) =>
            !fresh.has(item.id) &&
            // This list has no archived ones: whether they are there still it does not say.
            (item.archived ||
              meanwhile.has(item.id) ||
              (page.nextCursor !== null && oldest && activity(item) < activity(oldest))),
        );
        if (older.every((item) => item.archived)) nextCursor = page.nextCursor;
        const items = page.items.map((item) =>
          newer(
            item,
            present.items.find((known) => known.id === item.id),
          ),
        );
        return {
          status: "ready",
          error: null,
          items: byActivity([...items, ...older]),
          hasMore: nextCursor !== null,
          unreadTotal: unread.total,
        };
      });
    } catch (thrown) {
      const error = asCodedError(thrown);
      state.update((present) =>
        present.status === "ready" ? present : { ...present, status: "failed", error },
      );
      if (errorCodes[error.code].retryable) retry = setTimeout(() => void refresh(), retryDelay(++failures));
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= readFirstPage().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  function readChanged(heads: readonly ConversationHead[] | null): void {
    const { status } = state.getSnapshot();
    const changed = heads?.filter((head) => {
      const known = find(head.id);
      const isBehind = !known || known.lastSeq < head.lastSeq || known.lastChange < head.lastChange;
      return isBehind || known.unreadCount !== head.unreadCount;
    });
    // A list of equal heads needs no read: after a gateway's death thousands of clients are in this place at once.
    if (status !== "ready" || !changed || changed.length > readOneByOne) void refresh();
    else for (const head of changed) void readOne(head.id);
  }

  async function readOne(id: string): Promise<void> {
    const present = underway.get(id);
    if (present) {
      present.again = true; // It may have been read before what we were just told.
      return;
    }
    const mine = { again: false };
    underway.set(id, mine);
    try {
      const { messages: _, ...conversation } = await rest<Conversation & { messages: Message[] }>(
        "GET",
        `/api/messages/conversations/${encodeURIComponent(id)}`,
      );
      put(newer(conversation, find(id)));
    } catch (thrown) {
      // Other failures pass: the next head, heartbeat or reconnect asks again.
      if (asCodedError(thrown).code === "NOT_FOUND") remove(id);
    } finally {
      underway.delete(id);
    }
    if (mine.again) await readOne(id);
  }

  function remove(id: string): void {
    state.update((present) => {
      const gone = present.items.find((item) => item.id === id);
      if (!gone) return present;
      const items = present.items.filter((item) => item !== gone);
      return { ...present, items, unreadTotal: Math.max(0, present.unreadTotal - gone.unreadCount) };
    });
  }

  return {
    state,
    refresh(options) {
      if (options?.forget) state.update((present) => ({ ...present, items: [] }));
      return refresh();
    },
    find,
    put,
    remove,
    refreshOne: (id) => void readOne(id),
    ensure(id) {
      const readUnlessThere = () => void (find(id) ?? readOne(id));
      // The list is on its way and most probably has it: reading one brings its messages as well.
      if (refreshing) void refreshing.then(readUnlessThere);
      else readUnlessThere();
    },
    async loadMore() {
      if (nextCursor === null) return;
      const cursor = nextCursor;
      const page = await rest<Page<Conversation>>(
        "GET",
        `/api/messages/conversations?limit=50&cursor=${encodeURIComponent(cursor)}`,
      );
      if (nextCursor !== cursor) return;
      nextCursor = page.nextCursor;
      state.update((present) => {
        const known = new Set(present.items.map((item) => item.id));
        const items = byActivity([...present.items, ...page.items.filter((item) => !known.has(item.id))]);
        return { ...present, items, hasMore: nextCursor !== null };
      });
    },
    applyHeads(heads) {
      // A read under way may have begun before the connection did, and lack what came in between.
      if (refreshing) void refreshing.then(() => readChanged(heads));
      else readChanged(heads);
    },
    applyMessage(message) {
      if (find(message.conversationId))
        change(message.conversationId, (one) => withMessage(one, message, me()));
      else void readOne(message.conversationId);
    },
    applyUpdate: (message) => change(message.conversationId, (one) => withMessage(one, message, me())),
    applyShared(shared) {
      if (find(shared.id)) change(shared.id, (one) => withShared(one, shared));
      // Agents hear of every support conversation with each of its messages: only their own ones are read.
      else if (shared.participants.some(({ userId }) => userId === me())) void readOne(shared.id);
    },
    applyRead: ({ conversationId, userId, seq }) =>
      change(conversationId, (one) => withRead(one, userId, seq, me())),
    applyOwnMark: (conversationId, mark) => change(conversationId, (one) => withOwnMark(one, mark)),
    applyUnread({ total, conversationId, count }) {
      const known = find(conversationId);
      // More than we can account for: either messages we have not seen, or a count older than our own mark. Of one that
      // is not listed, none unread is no news: it may just have been deleted for oneself, and reading brings it back.
      const doubtful = count > (known ? known.lastSeq - known.lastReadSeq : 0);
      if (doubtful) void readOne(conversationId);
      if (known && doubtful) return;
      change(conversationId, (one) => ({ ...one, unreadCount: count }));
      state.update((present) =>
        present.unreadTotal === total ? present : { ...present, unreadTotal: total },
      );
    },
    close: () => clearTimeout(retry),
  };
}
