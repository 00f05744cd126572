import type { SyncAnswer, SyncItem } from "@parloir/contracts/events.ts";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { SyncLog } from "../history.ts";
import { backoffMs } from "./backoff.ts";
import type { Outcome } from "./connection.ts";
import type { Timeline } from "./timeline.ts";

/** How a device becomes complete: `sync` from its cursors, page by page, and reloading what it is told to reload. */
export interface CatchUp {
  /** Asks for what follows the cursor; requests of one moment travel together. */
  want: (conversationIds: Iterable<string>) => void;
  /** What is known is another history, or may be. */
  reload: (conversationIds: Iterable<string>) => void;
  online: (isOnline: boolean, epoch?: string) => void;
  stop: () => void;
}

const batchSize = 100;
const timeoutMs = 8_000;
const pageSize = 200;

export function createCatchUp(options: {
  now: () => number;
  random: () => number;
  socket: () => number;
  timeline: (conversationId: string) => Timeline;
  request: (payload: object, timeoutMs: number) => Promise<Outcome<SyncAnswer>>;
  /** REST history. @throws when it is not answered */
  history: (conversationId: string, after: number, limit: number) => Promise<HistoryPage>;
  log: (sync: SyncLog) => void;
}): CatchUp {
  const wanted = new Set<string>();
  const stale = new Set<string>();
  let epoch: string | null = null;
  let isOnline = false;
  let stopped = false;
  let running = false;
  let failures = 0;

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    await Promise.resolve();
    while (!stopped && ((wanted.size > 0 && isOnline) || stale.size > 0)) {
      const done = stale.size > 0 ? await reloadOne() : await askOnce();
      if (done) failures = 0;
      else await sleep(backoffMs(failures++, options.random));
    }
    running = false;
  }

  async function askOnce(): Promise<boolean> {
    const asked = [...wanted].slice(0, batchSize);
    const cursors = Object.fromEntries(asked.map((id) => [id, cursorOf(options.timeline(id))]));
    for (const id of asked) wanted.delete(id);
    const at = options.now();
    const socket = options.socket();
    const payload = epoch === null ? { cursors } : { cursors, epoch };
    const outcome = await options.request(payload, timeoutMs);
    if (outcome.kind !== "ok") {
      for (const id of asked) wanted.add(id);
      return false;
    }
    if (outcome.data.reset) {
      epoch = outcome.data.epoch;
      for (const id of asked) stale.add(id);
      return true;
    }
    for (const item of outcome.data.conversations) apply(item, cursors[item.conversationId]!, at, socket);
    return true;
  }

  function apply(item: SyncItem, cursor: Cursor, at: number, socket: number): void {
    const { conversationId, messages, lastSeq, lastChange, complete } = item;
    options.log(syncLogOf(item, cursor, at, socket));
    if (item.reset) {
      stale.add(conversationId);
      return;
    }
    const timeline = options.timeline(conversationId);
    for (const message of messages) timeline.merge(message);
    timeline.cover(lastChange);
    // Neither complete nor further than before would go on for ever.
    if (!complete && messages.length > 0) wanted.add(conversationId);
    else if (timeline.position() < lastSeq) stale.add(conversationId);
    else if (timeline.hasHole()) wanted.add(conversationId);
  }

  async function reloadOne(): Promise<boolean> {
    const [conversationId] = stale;
    if (conversationId === undefined) return true;
    try {
      const pages: HistoryPage[] = [];
      for (let after = 0; ; ) {
        const page = await options.history(conversationId, after, pageSize);
        pages.push(page);
        const last = page.messages.at(-1);
        if (!page.hasMore || !last) break;
        after = last.seq;
      }
      const timeline = options.timeline(conversationId);
      timeline.clear();
      for (const page of pages) for (const message of page.messages) timeline.merge(message);
      // The first page is the oldest: what it holds may have changed while the others came.
      timeline.cover(pages[0]!.lastChange);
      stale.delete(conversationId);
      // What was pushed while the pages came.
      wanted.add(conversationId);
      return true;
    } catch {
      return false;
    }
  }

  return {
    want(conversationIds) {
      for (const id of conversationIds) wanted.add(id);
      void run();
    },
    reload(conversationIds) {
      for (const id of conversationIds) stale.add(id);
      void run();
    },
    online(value, current) {
      isOnline = value;
      if (current !== undefined) epoch = current;
      if (value) void run();
    },
    stop() {
      stopped = true;
    },
  };
}

interface Cursor {
  seq: number;
  change: number;
}

function cursorOf(timeline: Timeline): Cursor {
  return { seq: timeline.position(), change: timeline.change() };
}

export function syncLogOf(item: SyncItem, cursor: Cursor, at: number, socket: number): SyncLog {
  const { conversationId, messages, lastSeq, lastChange, complete } = item;
  const isOlder = ({ seq }: { seq: number }) => seq <= cursor.seq;
  return {
    socket,
    at,
    conversationId,
    after: cursor.seq,
    change: cursor.change,
    seqs: messages.filter((message) => !isOlder(message)).map(({ seq }) => seq),
    changes: messages.filter(isOlder).map(({ change }) => change),
    lastSeq,
    lastChange,
    complete,
    reset: item.reset === true,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
