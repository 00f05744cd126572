import { type DeliveryChannel, type DeliveryJob, deliveryQueues } from "@parloir/contracts/jobs.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Database } from "@parloir/store/database.ts";
import { dueLanes, takeDeliveries } from "@parloir/store/deliveries.ts";
import { startRounds } from "../rounds.ts";

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
  /** So many were needless before they were handed out. */
  onDropped: (channel: DeliveryChannel, count: number) => void;
  log: Log;
}): Dispatch {
  const { database, log } = options;
  let failing = false;

  /** @returns true when there may be more */
  async function round(): Promise<boolean> {
    let isMore = false;
    for (const lane of await dueLanes(database)) {
      if (!options.channels.includes(lane.channel)) continue;
      const { taken, dropped, ...found } = await takeDeliveries(database, lane);
      if (dropped > 0) options.onDropped(lane.channel, dropped);
      for (const { id, take, isRetry } of taken)
        await options.addJob(deliveryQueues[lane.channel], { id, take }, isRetry);
      isMore ||= found.isMore;
    }
    return isMore;
  }

  return startRounds(async () => {
    try {
      const isMore = await round();
      failing = false;
      return isMore ? pollMs / 4 : pollMs;
    } catch (error) {
      if (!failing) log.warn({ err: error }, "deliveries wait: postgres or the queue does not answer");
      failing = true;
      return retryMs;
    }
  });
}
