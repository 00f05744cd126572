import { CodedError } from "@parloir/contracts/errors.ts";
import type { InternalItem, InternalResult, InternalRoute } from "@parloir/contracts/internal.ts";
import type { ApiClient } from "./api-client.ts";

/**
 * Gathers items into internal calls without a timer: while a lane's call is in flight, items gather; when it
 * returns, they go as one call. Idle it costs nothing and adds no delay; loaded, the call is shared by the batch.
 *
 * Items of one key keep to one lane, and a lane repeats a call that failed before it sends the next: so the sends
 * of a conversation reach the database in the order in which they came, also across the death of an api.
 */
export interface Batcher<R extends InternalRoute> {
  /** @throws CodedError the item's own failure, or UNAVAILABLE after `budgetMs` without an answer */
  submit: (key: string, item: InternalItem<R>) => Promise<InternalResult<R>>;
  /** Resolves when nothing waits or is in flight. */
  drained: () => Promise<void>;
}

interface Entry<R extends InternalRoute> {
  item: InternalItem<R>;
  submittedAt: number;
  resolve: (result: InternalResult<R>) => void;
  reject: (error: CodedError) => void;
}

interface Lane<R extends InternalRoute> {
  index: number;
  waiting: Entry<R>[];
  busy: boolean;
  /** Since when every call of this lane has failed; infinite while they succeed. */
  failingSince: number;
  probedAt: number;
}

const retryPauseMs = 100;
const shortestTimeoutMs = 250;
/** With the breaker open one item in this time goes through to find out whether the api is back. */
const probeEveryMs = 500;

export function createBatcher<R extends InternalRoute>(options: {
  route: R;
  api: ApiClient;
  lanes: number;
  maxItems: number;
  /** How long an item may wait in all, milliseconds: sends must fail as retryable within 5 s. */
  budgetMs: number;
}): Batcher<R> {
  const { budgetMs } = options;
  const lanes = Array.from({ length: options.lanes }, (_, index): Lane<R> => {
    return { index, waiting: [], busy: false, failingSince: Number.POSITIVE_INFINITY, probedAt: 0 };
  });
  let whenDrained: (() => void)[] = [];

  function submit(key: string, item: InternalItem<R>): Promise<InternalResult<R>> {
    const lane = lanes[lanes.length === 1 ? 0 : hash(key) % lanes.length]!;
    const now = performance.now();
    if (breakerIsOpen(lane, now)) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      lane.waiting.push({ item, submittedAt: now, resolve, reject });
      if (!lane.busy) void run(lane);
    });
  }

  /** After a whole budget of failures, items are refused at once instead of piling up. */
  function breakerIsOpen(lane: Lane<R>, now: number): boolean {
    if (now - lane.failingSince < budgetMs) return false;
    if (now - lane.probedAt < probeEveryMs) return true;
    lane.probedAt = now;
    return false;
  }

  async function run(lane: Lane<R>): Promise<void> {
    lane.busy = true;
    // What arrives in this turn of the event loop goes together.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.slice(0, options.maxItems);
      lane.waiting = lane.waiting.slice(options.maxItems);
      const calledAt = performance.now();
      const unanswered = await send(lane, batch);
      if (unanswered.length > 0) await waitAndRequeue(lane, unanswered, calledAt);
      else lane.failingSince = Number.POSITIVE_INFINITY;
    }
    lane.busy = false;
    if (lanes.every((each) => !each.busy)) {
      for (const resolve of whenDrained) resolve();
      whenDrained = [];
    }
  }

  /** Answers what can be answered; returns the items whose outcome is still unknown, in order. */
  async function send(lane: Lane<R>, batch: Entry<R>[]): Promise<Entry<R>[]> {
    const left = batch[0]!.submittedAt + budgetMs - performance.now();
    const timeoutMs = Math.max(left, shortestTimeoutMs);
    try {
      const items = batch.map((entry) => entry.item);
      const { results } = await options.api.call(options.route, items, { lane: lane.index, timeoutMs });
      return batch.filter((entry, position) => {
        const result = results[position];
        if (result?.ok) entry.resolve(result.data);
        else if (!result || result.error.code === "UNAVAILABLE") return true;
        else entry.reject(new CodedError(result.error.code, result.error.message));
        return false;
      });
    } catch {
      // Counted by the api client; every item is asked again until its budget is spent.
      return batch;
    }
  }

  async function waitAndRequeue(lane: Lane<R>, unanswered: Entry<R>[], calledAt: number): Promise<void> {
    lane.failingSince = Math.min(lane.failingSince, calledAt);
    await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
    const now = performance.now();
    lane.waiting = [...unanswered, ...lane.waiting].filter((entry) => {
      if (now - entry.submittedAt < budgetMs) return true;
      entry.reject(unavailable());
      return false;
    });
  }

  return {
    submit,
    drained() {
      if (lanes.every((lane) => !lane.busy)) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
  };
}

function unavailable(): CodedError {
  return new CodedError("UNAVAILABLE", "the api does not answer: try again", { retryAfterMs: probeEveryMs });
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
