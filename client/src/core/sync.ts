import type { SyncAnswer, SyncItem } from "@parloir/contracts/events.ts";
import { retryDelay } from "./backoff.ts";
import type { Link, Opening } from "./link.ts";
import type { Thread } from "./thread.ts";

/** Conversations per request; the server allows twice as many. */
const batchSize = 100;

type Cursors = Record<string, { seq: number; change: number }>;

interface SyncOptions {
  link: Link;
  threads: () => Iterable<Thread>;
  find: (conversationId: string) => Thread | undefined;
  /** Everything this device knows is another database's history, or may be. */
  onReload: () => void;
  /** The server does not know the conversation, or not us in it. */
  onAbsent: (conversationId: string) => void;
}

export interface Sync {
  opened(opening: Opening): void;
  /** Asks for what follows the thread's cursor. Requests of the same moment travel together. */
  request(thread: Thread): void;
  close(): void;
}

/** Fetches what was missed: sockets are hints, this is how a device becomes complete. */
export function createSync({ link, threads, find, onReload, onAbsent }: SyncOptions): Sync {
  const wanted = new Set<Thread>();
  let epoch: string | null = null;
  let running = false;
  let failures = 0;
  /** Ends the wait after a failure. */
  let wake: () => void = () => undefined;

  function reload(): void {
    wanted.clear();
    onReload();
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    // One turn later: the holes of one burst of pushes become one request.
    await Promise.resolve();
    try {
      while (wanted.size > 0 && link.state.getSnapshot().status === "online") await askOnce();
    } finally {
      running = false;
    }
  }

  async function askOnce(): Promise<void> {
    const cursors: Cursors = {};
    const asked: Thread[] = [];
    for (const thread of wanted) {
      if (asked.length === batchSize) break;
      wanted.delete(thread);
      const cursor = thread.cursor();
      if (cursor === undefined) continue; // Its first page is still to come, and will be newer than this.
      cursors[thread.conversationId] = cursor;
      asked.push(thread);
    }
    if (asked.length === 0) return;
    try {
      const answer = await link.request("sync", epoch === null ? { cursors } : { cursors, epoch });
      failures = 0;
      apply(answer, asked, cursors);
    } catch {
      for (const thread of asked) wanted.add(thread);
      // Offline: the next `ready` ends the wait and asks for everything.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryDelay(failures++));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  function apply(answer: SyncAnswer, asked: readonly Thread[], cursors: Readonly<Cursors>): void {
    if (answer.reset || (epoch !== null && answer.epoch !== "" && answer.epoch !== epoch)) {
      epoch = answer.epoch;
      reload();
      return;
    }
    const answered = new Set<string>();
    for (const item of answer.conversations) {
      answered.add(item.conversationId);
      const thread = find(item.conversationId);
      if (!thread) continue;
      if (item.reset) {
        thread.reload();
        continue;
      }
      thread.catchUp(item);
      if (isStuck(thread, item, cursors[item.conversationId])) {
        wanted.delete(thread);
        thread.reload();
      } else if (!item.complete) wanted.add(thread);
    }
    for (const { conversationId } of asked) if (!answered.has(conversationId)) onAbsent(conversationId);
  }

  return {
    opened(opening) {
      const former = epoch;
      epoch = opening.epoch ?? epoch;
      if (former !== null && opening.epoch !== null && opening.epoch !== former) {
        reload();
        return;
      }
      for (const thread of threads()) {
        if (thread.cursor() === undefined) thread.load();
        else wanted.add(thread);
      }
      wake();
      void run();
    },
    request(thread) {
      wanted.add(thread);
      void run();
    },
    close() {
      wanted.clear();
      wake();
    },
  };
}

/**
 * «Complete» without reaching its own head, or not complete without progress, would go on for ever: the history before
 * a point is gone for this person, and only a fresh page can be joined to what is new.
 */
function isStuck(thread: Thread, item: SyncItem, asked = { seq: 0, change: 0 }): boolean {
  const { seq, change } = thread.cursor() ?? asked;
  const hasMoved = seq > asked.seq || change > asked.change;
  if (seq < item.lastSeq) return item.complete || !hasMoved;
  return thread.isMissingChanges() && !hasMoved;
}
