import type { Observable } from "./observable.ts";
import type { Pending } from "./outbox.ts";
import type { Rest } from "./rest.ts";
import { createThread, type Thread } from "./thread.ts";

/** Threads kept up to date in memory; the one longest unused makes room. Each costs a cursor in every sync. */
const maxThreads = 30;

interface ThreadsOptions {
  rest: Rest;
  me: () => string | null;
  pending: Observable<readonly Pending[]>;
  onHole: (thread: Thread) => void;
  /** clientMessageIds of own messages that a thread holds as stored. */
  onStored: (clientMessageIds: readonly string[]) => void;
}

export interface Threads {
  /** The thread of a conversation, made on first use; `load` reads its first page. */
  open(conversationId: string): Thread;
  find(conversationId: string): Thread | undefined;
  all(): Iterable<Thread>;
  close(): void;
}

export function createThreads({ rest, me, pending, onHole, onStored }: ThreadsOptions): Threads {
  // Insertion order is order of use.
  const threads = new Map<string, { thread: Thread; end: () => void }>();

  function make(conversationId: string): { thread: Thread; end: () => void } {
    const thread = createThread({ conversationId, rest, me, onHole });
    thread.setPending(pending.getSnapshot());
    const unfollow = [
      pending.subscribe(() => thread.setPending(pending.getSnapshot())),
      // A page or a sync can show that a message whose ack was lost is stored after all.
      thread.state.subscribe(() => confirmStored(thread)),
    ];
    const end = () => {
      for (const stop of unfollow) stop();
      thread.close();
    };
    return { thread, end };
  }

  function confirmStored(thread: Thread): void {
    const shown = new Set(thread.state.getSnapshot().pending.map((item) => item.clientMessageId));
    const stored = pending
      .getSnapshot()
      .filter((item) => item.conversationId === thread.conversationId && !shown.has(item.clientMessageId));
    if (stored.length > 0) onStored(stored.map((item) => item.clientMessageId));
  }

  return {
    open(conversationId) {
      const known = threads.get(conversationId) ?? make(conversationId);
      threads.delete(conversationId);
      threads.set(conversationId, known);
      for (const [id, { end }] of threads) {
        if (threads.size <= maxThreads) break;
        end();
        threads.delete(id);
      }
      return known.thread;
    },
    find: (conversationId) => threads.get(conversationId)?.thread,
    *all() {
      for (const { thread } of threads.values()) yield thread;
    },
    close() {
      for (const { end } of threads.values()) end();
    },
  };
}
