import { type Jobs, type OutboxMessage, type OutboxQueue, outboxBits } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Database } from "@parloir/store/database.ts";
import { type OutboxRow, takeOutbox } from "@parloir/store/outbox.ts";
import { type Rounds, startRounds } from "./rounds.ts";

/**
 * Turns outbox rows into jobs. The job is added before «taken» commits, and a row stays until its job is done: a
 * relay that dies in between, or a queue that loses its jobs, means that a job runs twice, never that it does not
 * run. Every job's effects are idempotent.
 *
 * One job per round and queue, not per row: at a thousand messages a second a job each would cost more CPU than all
 * else the cluster does for a message.
 */
export type Relay = Rounds;

const rowsPerRound = 500;
/** Idle polling costs one index look-up on an empty table: 0.1 ms of Postgres, ten times a second. */
const pollMs = 100;
const retryMs = 1_000;
/** So often the queues are asked whether they are full: in between they get at most ten jobs each. */
const askFullMs = 1_000;

export function startRelay(options: {
  database: Database;
  addJob: <Q extends OutboxQueue>(queue: Q, id: string, job: Jobs[Q]) => Promise<void>;
  /** A queue holds as much as it may. */
  isFull: () => Promise<boolean>;
  /** What is in jobs now. */
  onRelayed: (messages: OutboxMessage[]) => void;
  /** After every round that went through, also an empty one. */
  onRound: () => void;
  log: Log;
  metrics: Metrics;
}): Relay {
  const relayed = options.metrics.get("parloir_outbox_relayed_total");
  const lag = options.metrics.get("parloir_outbox_lag_seconds");
  let failing = false;
  let askedFullAt = Number.NEGATIVE_INFINITY;

  /** What was taken before goes alone: if it is what makes its job fail, its neighbours are done without it. */
  async function addJobs(rows: OutboxRow[]): Promise<void> {
    const fresh = rows.filter((row) => row.tries === 1);
    if (fresh.length > 0) await addJob(fresh);
    for (const row of rows) if (row.tries > 1) await addJob([row]);
  }

  /** One job for each queue that has something to do for these rows. */
  async function addJob(rows: OutboxRow[]): Promise<void> {
    const id = `outbox-${rows[0]!.id}-${rows.at(-1)!.id}-${Date.now()}`;
    const jobs = jobsOf(rows);
    for (const queue of Object.keys(jobs) as (keyof typeof jobs)[])
      if (jobs[queue].outboxIds.length > 0) await options.addJob(queue, id, jobs[queue]);
    relayed.inc(rows.reduce((sum, row) => sum + row.messages.length, 0));
    // Each message counts: after an outage one round takes hundreds of rows.
    for (const { messages, ageSeconds } of rows) for (const _ of messages) lag.observe(ageSeconds);
    options.onRelayed(rows.flatMap((row) => row.messages));
  }

  /** What nobody does stays in Postgres, however much that becomes. */
  async function waitsForRoom(): Promise<boolean> {
    if (performance.now() - askedFullAt < askFullMs) return false;
    if (await options.isFull()) return true;
    askedFullAt = performance.now();
    return false;
  }

  async function round(): Promise<number> {
    try {
      if (await waitsForRoom()) {
        options.onRound();
        return retryMs;
      }
      const taken = await takeOutbox(options.database, rowsPerRound, addJobs);
      failing = false;
      options.onRound();
      // A full round means there is more: go on at once.
      return taken === rowsPerRound ? 0 : pollMs;
    } catch (error) {
      if (!failing)
        options.log.warn({ err: error }, "the relay waits: postgres or the queue does not answer");
      failing = true;
      return retryMs;
    }
  }

  return startRounds(round);
}

function jobsOf(rows: OutboxRow[]): Pick<Jobs, OutboxQueue> {
  const waiting = (queue: OutboxQueue) => rows.filter((row) => (row.todo & outboxBits[queue]) !== 0);
  const notify = waiting("notify");
  const responseTimes = waiting("responseTimes");
  const search = waiting("search");
  const conversations = responseTimes.flatMap((row) => [
    ...row.messages.map((message) => message.conversationId),
    ...(row.touched ?? []),
  ]);
  return {
    notify: { outboxIds: notify.map(idOf), messages: notify.flatMap((row) => row.messages) },
    search: { outboxIds: search.map(idOf), messages: search.flatMap((row) => row.messages) },
    responseTimes: { outboxIds: responseTimes.map(idOf), conversationIds: [...new Set(conversations)] },
  };
}

const idOf = (row: OutboxRow) => row.id;
