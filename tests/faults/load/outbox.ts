import type { SendReceipt } from "@parloir/contracts/events.ts";
import type { Attempt, Send } from "../history.ts";
import { backoffMs } from "./backoff.ts";
import type { Outcome } from "./connection.ts";

/**
 * A device's unsent messages. Each conversation is a queue: up to `window` sends are under way at once, and one whose
 * outcome is unknown is emitted again with the same clientMessageId, before those behind it, until it is answered.
 */
export interface Outbox {
  add: (send: Send) => void;
  /** A connection is there, or gone. */
  online: (isOnline: boolean) => void;
  /** Emits a send that was answered once more, as a client does whose ack was lost. */
  repeat: (send: Send) => void;
  /** When the oldest unanswered send was queued; Infinity without one. */
  oldest: () => number;
  /** What became of that one so far, in words. */
  trouble: () => string;
  /** No new emissions; resolves when those under way are answered. */
  pause: () => Promise<void>;
  /** The run is over. */
  stop: () => void;
}

interface Queue {
  sends: Send[];
  underWay: Set<Send>;
  failures: number;
  notBefore: number;
}

const window = 3;
/** The gateway promises an answer within 5 s. */
const ackTimeoutMs = 7_000;

export function createOutbox(options: {
  now: () => number;
  random: () => number;
  /** The id of the present socket, for the log. */
  socket: () => number;
  request: (payload: object, timeoutMs: number) => Promise<Outcome<SendReceipt>>;
  onAcked: (send: Send, receipt: SendReceipt) => void;
  /** Asks whether the connection still lives. */
  onTimeout: () => void;
}): Outbox {
  const { now } = options;
  const queues = new Map<string, Queue>();
  let isOnline = false;
  let isPaused = false;
  let underWay = 0;
  let whenIdle: (() => void)[] = [];

  function pump(queue: Queue): void {
    if (!isOnline || isPaused) return;
    const wait = queue.notBefore - now();
    if (wait > 0) return void setTimeout(() => pump(queue), wait + 1);
    for (const send of queue.sends) {
      if (queue.underWay.size >= window) break;
      if (!queue.underWay.has(send)) void emit(send, queue);
    }
  }

  async function emit(send: Send, queue: Queue | null): Promise<void> {
    queue?.underWay.add(send);
    underWay += 1;
    const attempt: Attempt = {
      socket: options.socket(),
      at: now(),
      end: Number.NaN,
      outcome: "open",
      code: null,
      receipt: null,
    };
    send.attempts.push(attempt);
    const { conversationId, clientMessageId, content } = send;
    const outcome = await options.request({ conversationId, clientMessageId, content }, ackTimeoutMs);
    attempt.end = now();
    attempt.outcome = outcome.kind;
    if (outcome.kind === "ok") {
      const { id, seq, createdAt, duplicate } = outcome.data;
      attempt.receipt = { id, seq, createdAt, duplicate };
      options.onAcked(send, outcome.data);
    } else {
      attempt.code = outcome.code;
      if (outcome.code === "timeout") options.onTimeout();
    }
    underWay -= 1;
    if (queue) settle(send, queue, outcome);
    if (underWay === 0) {
      for (const resolve of whenIdle) resolve();
      whenIdle = [];
    }
  }

  function settle(send: Send, queue: Queue, outcome: Outcome<SendReceipt>): void {
    queue.underWay.delete(send);
    if (outcome.kind === "unknown") {
      // A lost connection is not the conversation's failure: the next one tries at once.
      if (outcome.code !== "closed")
        queue.notBefore = now() + Math.max(outcome.retryAfterMs, backoffMs(queue.failures++, options.random));
    } else {
      queue.failures = 0;
      queue.sends.splice(queue.sends.indexOf(send), 1);
    }
    pump(queue);
  }

  function pumpAll(): void {
    for (const queue of queues.values()) pump(queue);
  }

  function oldest(): Send | undefined {
    let found: Send | undefined;
    for (const { sends } of queues.values())
      if (sends[0] && (!found || sends[0].queuedAt < found.queuedAt)) found = sends[0];
    return found;
  }

  return {
    add(send) {
      let queue = queues.get(send.conversationId);
      if (!queue) {
        queue = { sends: [], underWay: new Set(), failures: 0, notBefore: 0 };
        queues.set(send.conversationId, queue);
      }
      queue.sends.push(send);
      pump(queue);
    },
    online(value) {
      isOnline = value;
      if (!value) return;
      isPaused = false;
      pumpAll();
    },
    repeat(send) {
      if (isOnline && !isPaused) void emit(send, null);
    },
    oldest: () => oldest()?.queuedAt ?? Number.POSITIVE_INFINITY,
    trouble() {
      const send = oldest();
      if (!send) return "nothing waits";
      const queue = queues.get(send.conversationId)!;
      const tries = send.attempts.map(({ at, end, outcome, code }) => {
        return `${code ?? outcome} after ${((end - at) / 1_000).toFixed(1)} s`;
      });
      const waited = ((now() - send.queuedAt) / 1_000).toFixed(1);
      return `${send.clientMessageId} of ${queue.sends.length} in its conversation waits ${waited} s: ${tries.slice(-3).join(", ")}`;
    },
    pause() {
      isPaused = true;
      return underWay === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve));
    },
    stop() {
      isPaused = true;
      isOnline = false;
    },
  };
}
