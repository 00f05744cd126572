import { type DeliveryChannel, type DeliveryJob, deliveryQueues } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Database } from "@parloir/store/database.ts";
import { dueLanes, takeDeliveries } from "@parloir/store/deliveries.ts";

/**
 * Hands due rows of the ledger to the queues. A row that was handed out and is not done when its time is up is handed
 * out again: a queue may lose it, a worker may be killed. So the queues hold only what is under way, and the ledger
 * the rest, however much that is.
 */
export interface Dispatch {
  /** Stops after the round in progress. */
  stop: () => Promise<void>;
}

/** Idle it costs three look-ups in empty tables. */
const pollMs = 200;
const retryMs = 1_000;

export function startDispatch(options: {
  database: Database;
  /** Ways that are switched on. */
  channels: DeliveryChannel[];
  addJob: (
    queue: (typeof deliveryQueues)[DeliveryChannel],
    job: DeliveryJob,
    isRetry: boolean,
  ) => Promise<void>;
  log: Log;
}): Dispatch {
  const { database, log } = options;
  let stopped = false;
  let failing = false;
  let wake: (() => void) | undefined;

  /** @returns true when there may be more */
  async function round(): Promise<boolean> {
    let isMore = false;
    for (const lane of await dueLanes(database)) {
      if (!options.channels.includes(lane.channel)) continue;
      const taken = await takeDeliveries(database, lane);
      for (const { id, take, isRetry } of taken)
        await options.addJob(deliveryQueues[lane.channel], { id, take }, isRetry);
      isMore ||= taken.length === lane.room;
    }
    return isMore;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      let pause = pollMs;
      try {
        if (await round()) pause = pollMs / 4;
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ err: error }, "deliveries wait: postgres or the queue does not answer");
        failing = true;
        pause = retryMs;
      }
      if (!stopped) await sleep(pause);
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const running = run();
  return {
    stop() {
      stopped = true;
      wake?.();
      return running;
    },
  };
}
