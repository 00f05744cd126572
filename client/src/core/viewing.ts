import type { Attention } from "./attention.ts";
import { retryDelay } from "./backoff.ts";
import type { Conversations } from "./conversations.ts";
import { asCodedError, type Link } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";
import type { Thread } from "./thread.ts";

export interface ViewingState {
  /** The thread the person has open. */
  conversationId: string | null;
  /** The «unread» line stands after this seq, and stays there while the thread is open. Null: nothing was unread. */
  unreadAfter: number | null;
}

/** Which thread is open here, and what follows from it: the room that is «looked at», and the own read mark. */
export interface Viewing {
  readonly state: Observable<ViewingState>;
  open(conversationId: string | null): void;
  /** It is open, and on a page that somebody sees. */
  isLookedAt(conversationId: string | null): boolean;
  /** A view of it is on its way: until it reports, nothing counts as seen. Without a view everything does. */
  awaitView(conversationId: string): void;
  /** The view reports whether the newest message is on screen; by default that of the open thread. */
  setAtBottom(atBottom: boolean, conversationId?: string): void;
  opened(): void;
  close(): void;
}

interface ViewingOptions {
  link: Link;
  attention: Observable<Attention>;
  conversations: Conversations;
  thread: (conversationId: string) => Thread;
}

/** Marks of a burst become one. */
const markDelayMs = 250;

export function createViewing({ link, attention, conversations, thread }: ViewingOptions): Viewing {
  const state = createCell<ViewingState>({ conversationId: null, unreadAfter: null });
  const marked = new Map<string, number>();
  let joined: string | null = null;
  /** What was unread when the open thread was opened is known: its conversation is in the list. */
  let noted = false;
  /** A view may speak before its thread is said to be open. */
  let view: { conversationId: string; atBottom: boolean } | null = null;
  let unfollow = () => undefined as unknown;
  let rejoin: ReturnType<typeof setTimeout> | undefined;
  let marking: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const isOnline = () => link.state.getSnapshot().status === "online";

  /**
   * The server makes no notification for the thread that was joined last. So a hidden page leaves its thread and a
   * visible one joins again. From one thread to the next there is no leaving: pushes of the former keep the list true.
   */
  function settle(): void {
    const { conversationId } = state.getSnapshot();
    const wanted = attention.getSnapshot().visible ? conversationId : null;
    if (wanted === joined || !isOnline()) return;
    clearTimeout(rejoin);
    const former = joined;
    joined = wanted;
    if (wanted !== null) void join(wanted);
    // Not urgent, and without effect when it fails: a reconnect begins with nothing open.
    else if (former !== null)
      link.request("leave_conversation", { conversationId: former }).catch(() => undefined);
  }

  async function join(conversationId: string): Promise<void> {
    const open = thread(conversationId);
    const after = open.cursor()?.seq;
    try {
      const answer = await link.request(
        "join_conversation",
        after === undefined ? { conversationId } : { conversationId, after },
      );
      failures = 0;
      open.merge(answer.messages);
      open.noteHead(answer.lastSeq);
    } catch (thrown) {
      const error = asCodedError(thrown);
      if (error.code === "NOT_FOUND") conversations.refreshOne(conversationId);
      if (error.code === "NOT_FOUND" || joined !== conversationId) return;
      joined = null;
      rejoin = setTimeout(settle, retryDelay(failures++, error.retryAfterMs));
    }
  }

  function noteUnread(): void {
    const { conversationId } = state.getSnapshot();
    const present = conversationId === null ? undefined : conversations.find(conversationId);
    noted = present !== undefined;
    if (present && present.unreadCount > 0) state.set({ conversationId, unreadAfter: present.lastReadSeq });
  }

  function markSoon(): void {
    marking ??= setTimeout(() => void mark(), markDelayMs);
  }

  async function mark(): Promise<void> {
    try {
      const isMarked = await markOnce();
      marking = undefined;
      // What came while the mark was under way has seen no reason to begin another one.
      if (isMarked) markSoon();
    } catch (thrown) {
      marking = setTimeout(() => void mark(), retryDelay(2, asCodedError(thrown).retryAfterMs));
    }
  }

  /** Only what a person can really have seen counts as read. Answers whether there was something to mark. */
  async function markOnce(): Promise<boolean> {
    const { conversationId } = state.getSnapshot();
    const { visible, focused } = attention.getSnapshot();
    if (conversationId === null || !visible || !focused || !isOnline()) return false;
    if (view?.conversationId === conversationId && !view.atBottom) return false;
    const open = thread(conversationId);
    const present = conversations.find(conversationId);
    const seq = open.cursor()?.seq;
    if (!present || seq === undefined || open.state.getSnapshot().behind) return false;
    if (seq <= Math.max(present.lastReadSeq, marked.get(conversationId) ?? 0)) return false;
    const answer = await link.request("mark_read", { conversationId, seq });
    marked.set(conversationId, seq);
    conversations.applyOwnMark(conversationId, answer);
    return true;
  }

  let wasVisible = attention.getSnapshot().visible;
  const ends = [
    attention.subscribe(() => {
      const { visible } = attention.getSnapshot();
      if (visible && !wasVisible) noteUnread();
      wasVisible = visible;
      settle();
      markSoon();
    }),
    // A thread opened by its address is not in the list yet.
    conversations.state.subscribe(() => {
      if (!noted) noteUnread();
      markSoon();
    }),
  ];

  return {
    state,
    open(conversationId) {
      if (conversationId === state.getSnapshot().conversationId) return;
      unfollow();
      if (view?.conversationId !== conversationId) view = null;
      state.set({ conversationId, unreadAfter: null });
      noteUnread();
      if (conversationId !== null) {
        const next = thread(conversationId);
        unfollow = next.state.subscribe(markSoon);
        next.load();
        conversations.ensure(conversationId);
      }
      settle();
      markSoon();
    },
    isLookedAt: (conversationId) =>
      conversationId !== null &&
      conversationId === state.getSnapshot().conversationId &&
      attention.getSnapshot().visible,
    awaitView(conversationId) {
      if (view?.conversationId !== conversationId) view = { conversationId, atBottom: false };
    },
    setAtBottom(atBottom, conversationId = state.getSnapshot().conversationId ?? "") {
      view = { conversationId, atBottom };
      if (atBottom) markSoon();
    },
    opened() {
      joined = null;
      settle();
      markSoon();
    },
    close() {
      for (const end of ends) end();
      unfollow();
      clearTimeout(rejoin);
      clearTimeout(marking);
    },
  };
}
