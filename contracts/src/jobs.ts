/**
 * The job catalogue: each queue with what its jobs carry and how they are tried. A queue of its own for each kind, so
 * that a flood of one does not delay another. Job ids must hold no `:` and must not be all digits (BullMQ's rules).
 */

/** One committed message, as the outbox hands it to the jobs. */
export interface OutboxMessage {
  conversationId: string;
  seq: number;
  senderId: string;
}

export interface NotifyJob {
  /** The outbox rows that this job finishes. */
  outboxIds: number[];
  messages: OutboxMessage[];
}

export interface ResponseTimesJob {
  outboxIds: number[];
  /** Whose waits may have changed. */
  conversationIds: string[];
}

/** What each queue's jobs carry. */
export interface Jobs {
  notify: NotifyJob;
  responseTimes: ResponseTimesJob;
}

/** For whoever looks at the queue; nothing depends on it. */
const kept = {
  keepCompleted: { age: 600, count: 100 },
  keepFailed: { age: 7 * 86_400, count: 5_000 },
} as const;

/**
 * - `outboxBit`: in `outbox.todo`; a row goes when none is left.
 * - `backoffMs`: exponential, of the first delay.
 */
export const queues = {
  notify: { name: "notify", outboxBit: 1, concurrency: 4, attempts: 10, backoffMs: 500, ...kept },
  // One at a time and worker: its jobs wait for one another's conversations, and a late figure harms nobody.
  responseTimes: {
    name: "response-times",
    outboxBit: 2,
    concurrency: 1,
    attempts: 10,
    backoffMs: 500,
    ...kept,
  },
} as const;

export type QueueName = keyof typeof queues;
export const queueNames = Object.keys(queues) as QueueName[];
