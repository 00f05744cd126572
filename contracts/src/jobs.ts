import * as z from "zod/mini";
import { seq, userId, uuid } from "./ids.ts";
import { traceparent } from "./traceparent.ts";

/**
 * The job catalogue: each queue with what its jobs carry and how they are tried. A queue of its own for each kind, so
 * that a flood of one does not delay another. Job ids must hold no `:` and must not be all digits (BullMQ's rules).
 */

/** One committed message, as the outbox hands it to the jobs; with the trace that it is in, if it is in one. */
const outboxMessage = z.strictObject({
  conversationId: uuid,
  seq,
  senderId: userId,
  traceparent: z.optional(traceparent),
});
export type OutboxMessage = z.infer<typeof outboxMessage>;

/** The outbox rows that a job finishes. */
const outboxIds = z.array(z.int());

const notifyJob = z.strictObject({ outboxIds, messages: z.array(outboxMessage) });
export type NotifyJob = z.infer<typeof notifyJob>;

/** Messages to be made findable. */
const searchJob = z.strictObject({ outboxIds, messages: z.array(outboxMessage) });
export type SearchJob = z.infer<typeof searchJob>;

/** `conversationIds`: whose waits may have changed. */
const responseTimesJob = z.strictObject({ outboxIds, conversationIds: z.array(uuid) });
export type ResponseTimesJob = z.infer<typeof responseTimesJob>;

/**
 * What runs by the clock, once however many workers there are. Each is safe to run again.
 * - `rollups`: sums up the hours whose waits changed.
 * - `digests`: plans e-mails for those who stayed away.
 * - `ledger`: gives up deliveries whose webhook is gone, deletes those that were done long ago.
 */
export const maintenanceTasks = {
  rollups: { everyMs: 30_000 },
  digests: { everyMs: 2_000 },
  ledger: { everyMs: 600_000 },
} as const;
export type MaintenanceTask = keyof typeof maintenanceTasks;
const tasks = Object.keys(maintenanceTasks) as [MaintenanceTask, ...MaintenanceTask[]];
const maintenanceJob = z.strictObject({ task: z.enum(tasks) });
export type MaintenanceJob = z.infer<typeof maintenanceJob>;

/** `take`: which handing out of the row this is. A job of an earlier one does nothing. */
const deliveryJob = z.strictObject({ id: uuid, take: z.int() });
export type DeliveryJob = z.infer<typeof deliveryJob>;

/** For whoever looks at the queue; nothing depends on it. */
const kept = {
  keepCompleted: { age: 600, count: 100 },
  keepFailed: { age: 7 * 86_400, count: 5_000 },
} as const;

/** How many jobs of a gathered queue one process takes into one run: the relay adds at most ten a second. */
const gathered = 50;

/**
 * - `concurrency`: jobs at a time in each worker; of a queue whose jobs are gathered, how many at most are done
 *   together. `timeoutMs`: of one attempt.
 * - `gatherMs`: how long jobs are gathered before they are done together.
 * - `backoffMs`: of the first delay; twice that with every further one.
 * - `ledger`: the row in `deliveries` counts the attempts and says when the next is due, so a job runs once.
 * - `rate`: jobs in a time, over all workers.
 */
export const queues = {
  notify: {
    name: "notify",
    schema: notifyJob,
    concurrency: 4,
    attempts: 10,
    backoffMs: 500,
    timeoutMs: 20_000,
    ...kept,
  },
  // Late by a second harms nobody here, and what a second brought costs less together: docs/decisions/0023.
  search: {
    name: "search",
    schema: searchJob,
    concurrency: gathered,
    gatherMs: 1_000,
    attempts: 10,
    backoffMs: 500,
    timeoutMs: 60_000,
    ...kept,
  },
  responseTimes: {
    name: "response-times",
    schema: responseTimesJob,
    concurrency: gathered,
    gatherMs: 1_000,
    attempts: 10,
    backoffMs: 500,
    timeoutMs: 60_000,
    ...kept,
  },
  // What fails comes again by itself.
  maintenance: {
    name: "maintenance",
    schema: maintenanceJob,
    concurrency: 1,
    attempts: 1,
    backoffMs: 500,
    timeoutMs: 60_000,
    ...kept,
  },
  // Twelve attempts are three hours. Many at a time: nearly all of it is waiting for others' servers.
  webhooks: {
    name: "webhooks",
    schema: deliveryJob,
    concurrency: 32,
    attempts: 12,
    backoffMs: 5_000,
    timeoutMs: 15_000,
    ledger: true,
    rate: { max: 200, duration: 1_000 },
    ...kept,
  },
  // A push is for now: what could not be told within minutes stands in the bell.
  pushes: {
    name: "pushes",
    schema: deliveryJob,
    concurrency: 16,
    attempts: 6,
    backoffMs: 5_000,
    timeoutMs: 15_000,
    ledger: true,
    rate: { max: 500, duration: 1_000 },
    ...kept,
  },
  // Servers of mail count connections and messages, and think badly of who is in a hurry.
  mails: {
    name: "mails",
    schema: deliveryJob,
    concurrency: 3,
    attempts: 10,
    backoffMs: 60_000,
    timeoutMs: 25_000,
    ledger: true,
    rate: { max: 10, duration: 1_000 },
    ...kept,
  },
} as const;

/** Waiting jobs beyond which a queue gets no more from the outbox: what nobody does waits in Postgres, not in Redis. */
export const mostWaitingJobs = 1_000;

export type QueueName = keyof typeof queues;
/** What each queue's jobs carry. */
export type Jobs = { [Q in QueueName]: z.infer<(typeof queues)[Q]["schema"]> };

/** Queues that the ledger feeds, by its channels. */
export const deliveryQueues = {
  webhook: "webhooks",
  push: "pushes",
  email: "mails",
} as const satisfies Record<string, QueueName>;
export type DeliveryChannel = keyof typeof deliveryQueues;

/** Queues that the outbox feeds, with their bits in `outbox.todo`: a row goes when none is left. */
export const outboxBits = { notify: 1, responseTimes: 2, search: 4 } as const;
export type OutboxQueue = keyof typeof outboxBits;
