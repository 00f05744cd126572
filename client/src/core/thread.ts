import { type CodedError, errorCodes } from "@parloir/contracts/errors.ts";
import type { SyncItem } from "@parloir/contracts/events.ts";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { retryDelay } from "./backoff.ts";
import { newestMessages } from "./first-reads.ts";
import { asCodedError } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";
import type { Pending } from "./outbox.ts";
import type { Rest } from "./rest.ts";
import { coverChanges, merge, noteHead, ownBeyond, type Timeline, timelineOf, visible } from "./timeline.ts";

export interface ThreadState {
  status: "loading" | "ready" | "failed";
  error: CodedError | null;
  /** Gapless, oldest first. */
  messages: readonly Message[];
  /** Own messages that are stored beyond a hole; normally empty. */
  stored: readonly Message[];
  /** Own messages the server has not confirmed. */
  pending: readonly Pending[];
  hasOlder: boolean;
  loadingOlder: boolean;
  /** Newer messages exist that are still being fetched. */
  behind: boolean;
}

/** One conversation's messages on this device. */
export interface Thread {
  readonly conversationId: string;
  readonly state: Observable<ThreadState>;
  /** Reads the newest page, unless that happened already. */
  load(): void;
  /** @param limit at most how many, up to 200 */
  loadOlder(limit?: number): Promise<void>;
  /**
   * Replaces what is shown by the newest page: the server said that the two cannot be joined. With `forget` also what
   * was pushed since: it belongs to a history that the database no longer has.
   */
  reload(options?: { forget: boolean }): void;
  merge(messages: readonly Message[]): void;
  /** Takes an answer that brings everything up to its `lastChange` of what the cursor holds. */
  catchUp(answer: Pick<SyncItem, "messages" | "lastSeq" | "lastChange">): void;
  noteHead(seq: number): void;
  setPending(pending: readonly Pending[]): void;
  /** The last seq of the gapless run and the change up to which it is known; undefined before the first page. */
  cursor(): { seq: number; change: number } | undefined;
  /** A change beyond the cursor came, and one before it did not. */
  isMissingChanges(): boolean;
  close(): void;
}

interface ThreadOptions {
  conversationId: string;
  rest: Rest;
  me: () => string | null;
  /** There is something between the cursor and the head that nobody has sent us. */
  onHole: (thread: Thread) => void;
}

const empty: ThreadState = {
  status: "loading",
  error: null,
  messages: [],
  stored: [],
  pending: [],
  hasOlder: false,
  loadingOlder: false,
  behind: false,
};

export function createThread({ conversationId, rest, me, onHole }: ThreadOptions): Thread {
  const state = createCell(empty);
  let timeline: Timeline | null = null;
  /** What arrived before the first page did. */
  let early: Message[] = [];
  let pending: readonly Pending[] = [];
  let reading = false;
  let again = false;
  let reloads = 0;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const path = newestMessages(conversationId);

  function show(changes: Partial<ThreadState> = {}): void {
    state.update((present) => {
      const own = timeline ? ownBeyond(timeline, pending, me()) : { stored: [], pending };
      const run = timeline ? visible(timeline) : { messages: present.messages, behind: false };
      return { ...present, messages: run.messages, behind: run.behind, ...own, ...changes };
    });
  }

  function change(next: Timeline): void {
    if (next === timeline) return;
    timeline = next;
    show();
    repairHole();
  }

  function repairHole(): void {
    if (state.getSnapshot().behind || thread.isMissingChanges()) onHole(thread);
  }

  async function readNewest(): Promise<void> {
    if (reading) {
      again = true; // The read under way may be older than the reason for this one.
      return;
    }
    reading = true;
    again = false;
    clearTimeout(retry);
    if (state.getSnapshot().status === "failed") show({ status: "loading", error: null });
    try {
      const page = await rest<HistoryPage>("GET", path);
      // What a push brought meanwhile belongs behind the page or replaces what is in it; the rest may lie beyond a hole.
      const isNewer = (m: Message) => m.seq > page.lastSeq || m.change > page.lastChange;
      const newer = [...(timeline?.messages ?? []), ...early].filter(isNewer);
      early = [];
      failures = 0;
      timeline = merge(timelineOf(page.messages, page.lastSeq, page.lastChange), newer);
      show({ status: "ready", error: null, hasOlder: page.hasMore });
      repairHole();
    } catch (thrown) {
      const error = asCodedError(thrown);
      if (timeline === null) show({ status: "failed", error });
      if (errorCodes[error.code].retryable)
        retry = setTimeout(() => void readNewest(), retryDelay(++failures));
    } finally {
      reading = false;
    }
    if (again) await readNewest();
  }

  const thread: Thread = {
    conversationId,
    state,
    load() {
      if (timeline === null) void readNewest();
    },
    async loadOlder(limit) {
      const { hasOlder, loadingOlder, messages } = state.getSnapshot();
      const first = messages[0];
      if (timeline === null || !hasOlder || loadingOlder || !first) return;
      const present = reloads;
      show({ loadingOlder: true });
      try {
        const page = await rest<HistoryPage>(
          "GET",
          `${newestMessages(conversationId, limit)}&before=${first.seq}`,
        );
        // It would be joined to another run of messages.
        if (reloads !== present) return show({ loadingOlder: false });
        timeline = merge(timeline, page.messages);
        // An empty page is the end, whatever else it says: otherwise we would ask for ever.
        show({ loadingOlder: false, hasOlder: page.hasMore && page.messages.length > 0 });
      } catch {
        show({ loadingOlder: false }); // Scrolling up again asks again.
      }
    },
    reload(options) {
      reloads++;
      if (options?.forget) {
        timeline = null;
        early = [];
      }
      void readNewest();
    },
    merge(messages) {
      if (timeline === null) early.push(...messages);
      else change(merge(timeline, messages));
    },
    catchUp({ messages, lastSeq, lastChange }) {
      if (timeline === null) early.push(...messages);
      else change(noteHead(coverChanges(merge(timeline, messages), lastChange), lastSeq));
    },
    noteHead(seq) {
      if (timeline !== null) change(noteHead(timeline, seq));
    },
    setPending(all) {
      const next = all.filter((item) => item.conversationId === conversationId);
      if (next.length === 0 && pending.length === 0) return;
      pending = next;
      show();
    },
    cursor: () =>
      timeline === null ? undefined : { seq: visible(timeline).cursor, change: timeline.change },
    isMissingChanges: () => timeline !== null && timeline.ahead.length > 0,
    close: () => clearTimeout(retry),
  };
  return thread;
}
