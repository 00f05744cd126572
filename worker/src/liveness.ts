import type { Log } from "@parloir/platform/log.ts";

/**
 * A worker that has work and does none ends itself; whoever supervises it starts another. Seen with BullMQ: a
 * blocking connection that looks open after a failover and never answers again.
 */
export interface Liveness<Part extends string> {
  /** A job of this queue ended, or a relay round went through. */
  progressed: (part: Part) => void;
  stop: () => void;
}

export interface LivenessTimes {
  checkMs: number;
  /** Longer than any job may take: a statement gives up after 4 s. */
  stuckMs: number;
}

const usualTimes: LivenessTimes = { checkMs: 5_000, stuckMs: 30_000 };

export function watchLiveness<Part extends string>(options: {
  /**
   * Whether the queue takes anything now: one that is gone, hangs or is full keeps every part from its work, also the
   * relay, whose rows Postgres counts all the same. A new process would do no better, and what needs no queue
   * (assignment, history) would end with this one.
   */
  queueTakes: () => Promise<boolean>;
  /** How much work each part has, or undefined when its store cannot be asked: then there is nobody to blame. */
  waiting: Record<Part, () => Promise<number | undefined>>;
  onStuck: (part: Part) => void;
  log: Log;
  times?: LivenessTimes | undefined;
}): Liveness<Part> {
  const { checkMs, stuckMs } = options.times ?? usualTimes;
  const parts = Object.keys(options.waiting) as Part[];
  const progress = new Map(parts.map((part) => [part, performance.now()]));
  let checking = false;
  const timer = setInterval(() => void check(), checkMs);
  timer.unref();

  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    const takes = await answerOf(options.queueTakes);
    const each = parts.map(async (part) =>
      judge(part, takes ? await answerOf(options.waiting[part]) : undefined),
    );
    await Promise.all(each);
    checking = false;
  }

  /** Undefined of a store that hangs: BullMQ waits for its first connection without an end. */
  async function answerOf<T>(ask: () => Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), checkMs);
    });
    try {
      return await Promise.race([ask(), tooLate]);
    } catch (error) {
      options.log.debug({ err: error }, "liveness could not be judged");
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  function judge(part: Part, waiting: number | undefined): void {
    // Without work, or without a store to do it in, standing still is no sign of anything.
    if (!waiting) progress.set(part, performance.now());
    else if (performance.now() - progress.get(part)! > stuckMs) options.onStuck(part);
  }

  return {
    progressed(part) {
      progress.set(part, performance.now());
    },
    stop: () => clearInterval(timer),
  };
}
