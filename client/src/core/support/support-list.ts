import { type CodedError, errorCodes } from "@parloir/contracts/errors.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type {
  Conversation,
  ConversationStatus,
  SharedConversation,
  SupportView,
} from "@parloir/contracts/shapes.ts";
import { retryDelay } from "../backoff.ts";
import { newer, withRead, withShared } from "../conversation-changes.ts";
import { asCodedError, type Link } from "../link.ts";
import { createCell, type Observable } from "../observable.ts";
import type { Rest } from "../rest.ts";

/** What an agent's list shows. */
export interface SupportFilter {
  view: SupportView;
  /** Null: of any. */
  status: ConversationStatus | null;
  /** In the subject's title or a participant's name; null: without. */
  text: string | null;
}

export interface SupportListState {
  status: "loading" | "ready" | "failed";
  error: CodedError | null;
  /** Newest activity first. */
  items: readonly Conversation[];
  hasMore: boolean;
  loadingMore: boolean;
}

/**
 * The support conversations that a filter fits, kept true by what agents are told of every one of them. Thousands may
 * be loaded: events are gathered, so that a busy minute costs one pass over the list for each `gatherMs`.
 */
export interface SupportList {
  readonly state: Observable<SupportListState>;
  loadMore(): Promise<void>;
  refresh(): Promise<void>;
  /** What an answer just said, without waiting to be told. */
  put(conversation: Conversation): void;
  close(): void;
}

interface Read {
  conversationId: string;
  userId: string;
  seq: number;
}

const pageSize = 100;
/** After a reconnect so many are read again at most; further ones come as one scrolls. */
const readAgain = 200;
const gatherMs = 60;

export function createSupportList(options: {
  rest: Rest;
  onEvent: Link["listen"];
  me: () => string | null;
  filter: SupportFilter;
}): SupportList {
  const { rest, filter, me } = options;
  const state = createCell<SupportListState>({
    status: "loading",
    error: null,
    items: [],
    hasMore: false,
    loadingMore: false,
  });
  const gathered = new Map<string, SharedConversation>();
  /** What was told since the present read began: its answer may be older, and is completed by them. */
  const meanwhile = new Map<string, SharedConversation>();
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let nextCursor: string | null = null;
  let refreshing: Promise<void> | undefined;
  let stale = false;
  let failures = 0;
  let closed = false;

  function address(limit: number, cursor: string | null): string {
    const query = new URLSearchParams({ view: filter.view, limit: String(limit) });
    if (filter.status !== null) query.set("status", filter.status);
    if (filter.text !== null) query.set("q", filter.text);
    if (cursor !== null) query.set("cursor", cursor);
    return `/api/messages/conversations?${query}`;
  }

  async function readAnew(): Promise<void> {
    clearTimeout(retry);
    meanwhile.clear();
    try {
      const known = state.getSnapshot().items;
      const limit = Math.min(Math.max(pageSize, known.length), readAgain);
      const page = await rest<Page<Conversation>>("GET", address(limit, null));
      if (closed) return;
      failures = 0;
      nextCursor = page.nextCursor;
      const byId = new Map(state.getSnapshot().items.map((item) => [item.id, item]));
      const items = page.items.map((item) => newer(item, byId.get(item.id)));
      state.update((present) => ({
        ...present,
        status: "ready",
        error: null,
        items,
        hasMore: nextCursor !== null,
      }));
      for (const shared of meanwhile.values()) gather(shared);
    } catch (thrown) {
      if (closed) return;
      const error = asCodedError(thrown);
      state.update((present) =>
        present.status === "ready" ? present : { ...present, status: "failed", error },
      );
      if (errorCodes[error.code].retryable) retry = setTimeout(() => void refresh(), retryDelay(++failures));
    }
  }

  /** A read that is under way may have begun before what this one is for: then it is done once more. */
  function refresh(): Promise<void> {
    stale = refreshing !== undefined;
    refreshing ??= readUntilFresh().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  async function readUntilFresh(): Promise<void> {
    do {
      stale = false;
      await readAnew();
    } while (stale && !closed);
  }

  async function readMore(cursor: string): Promise<void> {
    state.update((present) => ({ ...present, loadingMore: true }));
    try {
      const page = await rest<Page<Conversation>>("GET", address(pageSize, cursor));
      if (closed || nextCursor !== cursor) return;
      nextCursor = page.nextCursor;
      state.update((present) => {
        const known = new Set(present.items.map((item) => item.id));
        const items = sorted([...present.items, ...page.items.filter((item) => !known.has(item.id))]);
        return { ...present, items, hasMore: nextCursor !== null };
      });
    } finally {
      state.update((present) => ({ ...present, loadingMore: false }));
    }
  }

  function applyGathered(): void {
    gathering = undefined;
    const changes = new Map(gathered);
    gathered.clear();
    state.update((present) => {
      if (present.status !== "ready") return present;
      const last = present.items.at(-1);
      const changed: Conversation[] = [];
      const kept = present.items.filter((item) => {
        const shared = changes.get(item.id);
        if (!shared) return true;
        changed.push(withOwnFigures(withShared(item, shared), me()));
        changes.delete(item.id);
        return false;
      });
      for (const shared of changes.values()) changed.push(ofShared(shared, me()));
      const fitting = changed.filter(
        // Behind what is loaded it comes with its page.
        (item) => fits(item, filter, me()) && (nextCursor === null || !last || isNewer(item, last)),
      );
      return { ...present, items: fitting.length > 0 ? sorted([...kept, ...fitting]) : kept };
    });
  }

  /** Also by another of this agent's devices: what was read there is unread here no more. */
  function applyRead({ conversationId, userId, seq }: Read): void {
    const present = state.getSnapshot();
    const index = present.items.findIndex(({ id }) => id === conversationId);
    const item = present.items[index];
    if (item) state.set({ ...present, items: present.items.with(index, withRead(item, userId, seq, me())) });
  }

  function gather(shared: SharedConversation): void {
    gathered.set(shared.id, shared);
    meanwhile.set(shared.id, shared);
    gathering ??= setTimeout(applyGathered, gatherMs);
  }

  const ends = options.onEvent(({ event, payload }) => {
    if (event === "conversation_updated" && payload.kind === "support") gather(payload);
    if (event === "messages_read") applyRead(payload);
    // Whatever was told while there was no connection.
    if (event === "ready" || (event === "resync" && payload.channel === undefined)) void refresh();
  });
  void refresh();

  return {
    state,
    refresh,
    async loadMore() {
      if (nextCursor === null || state.getSnapshot().loadingMore) return;
      await readMore(nextCursor);
    },
    put: gather,
    close() {
      closed = true;
      ends();
      clearTimeout(gathering);
      clearTimeout(retry);
    },
  };
}

/** The server's order, and its cursor's. */
function isNewer(a: Conversation, b: Conversation): boolean {
  return a.updatedAt === b.updatedAt ? a.id > b.id : a.updatedAt > b.updatedAt;
}

function sorted(items: Conversation[]): Conversation[] {
  return items.sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

function ofShared(shared: SharedConversation, me: string | null): Conversation {
  const blank = { lastReadSeq: 0, unreadCount: 0, archived: false, mutedUntil: null };
  return withOwnFigures({ ...shared, ...blank }, me);
}

/** What an agent has not joined is never unread for them. */
function withOwnFigures(item: Conversation, me: string | null): Conversation {
  const own = item.participants.find(({ userId }) => userId === me);
  if (!own) return { ...item, unreadCount: 0 };
  const lastReadSeq = Math.max(own.lastReadSeq, item.lastReadSeq);
  return { ...item, lastReadSeq, unreadCount: Math.max(0, item.lastSeq - lastReadSeq) };
}

export function fits(item: SharedConversation, filter: SupportFilter, me: string | null): boolean {
  if (filter.status !== null && item.status !== filter.status) return false;
  if (filter.view === "mine" && item.assigneeId !== me) return false;
  if (filter.view === "unassigned" && item.assigneeId !== null) return false;
  if (filter.text === null) return true;
  const wanted = folded(filter.text);
  return [item.subject?.title ?? "", ...item.participants.map(({ name }) => name)].some((text) =>
    folded(text).includes(wanted),
  );
}

/** Without accents and capitals, as the server compares. */
function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
