import type { Log } from "@parloir/platform/log.ts";

/**
 * A worker that has work and does none ends itself; whoever supervises it starts another. Seen with BullMQ: a
 * blocking connection that looks open after a failover and never answers again.
 */
export interface Liveness {
  /** A job ended, or a relay round went through. */
  progressed: (part: "jobs" | "relay") => void;
  stop: () => void;
}

export interface LivenessTimes {
  checkMs: number;
  /** Longer than any job may take: a statement gives up after 4 s. */
  stuckMs: number;
}

const usualTimes: LivenessTimes = { checkMs: 5_000, stuckMs: 30_000 };

export function watchLiveness(options: {
  /** Jobs that wait, or undefined when the queue cannot be asked: then there is nobody to blame. */
  waitingJobs: () => Promise<number | undefined>;
  /** Rows in the outbox, or undefined when Postgres cannot be asked. */
  waitingRows: () => Promise<number | undefined>;
  onStuck: (part: string) => void;
  log: Log;
  times?: LivenessTimes | undefined;
}): Liveness {
  const { checkMs, stuckMs } = options.times ?? usualTimes;
  const progress = { jobs: Date.now(), relay: Date.now() };
  const timer = setInterval(() => void check(), checkMs);
  timer.unref();

  async function check(): Promise<void> {
    try {
      judge("jobs", await options.waitingJobs());
      judge("relay", await options.waitingRows());
    } catch (error) {
      options.log.debug({ err: error }, "liveness could not be judged");
    }
  }

  function judge(part: "jobs" | "relay", waiting: number | undefined): void {
    // Without work, or without a store to do it in, standing still is no sign of anything.
    if (!waiting) progress[part] = Date.now();
    else if (Date.now() - progress[part] > stuckMs) options.onStuck(part);
  }

  return {
    progressed(part) {
      progress[part] = Date.now();
    },
    stop: () => clearInterval(timer),
  };
}
