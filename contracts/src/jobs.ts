/**
 * The job catalogue: each queue with what its jobs carry and how they are tried. Job ids must hold no `:` and must
 * not be all digits (BullMQ's rules).
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

export const queues = {
  notify: {
    name: "notify",
    concurrency: 4,
    attempts: 10,
    /** Exponential, milliseconds of the first delay. */
    backoffMs: 500,
    /** For whoever looks at the queue; nothing depends on it. */
    keepCompleted: { age: 600, count: 100 },
    keepFailed: { age: 7 * 86_400, count: 5_000 },
  },
} as const;

export type QueueName = keyof typeof queues;
