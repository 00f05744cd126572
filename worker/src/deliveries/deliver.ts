import type { DeliveryJob } from "@parloir/contracts/jobs.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Begun, beginDelivery, dropDelivery, postponeDelivery } from "@parloir/store/deliveries.ts";

/** What became of an attempt: `sent`, `failed`, `dead`, `dropped` or `postponed`. */
export type Send = (delivery: Begun) => Promise<string>;

/**
 * The job of every queue that the ledger feeds: begins the attempt, unless another run has, and sends what is still to
 * be sent at this moment.
 */
export function createDeliver(options: {
  database: Database;
  send: Send;
  onOutcome: (outcome: string) => void;
}): (job: DeliveryJob) => Promise<void> {
  const { database } = options;

  async function attempt(delivery: Begun, begunAt: number): Promise<string> {
    if (delivery.needless !== null) {
      await dropDelivery(database, delivery, delivery.needless);
      return "dropped";
    }
    if (delivery.quietUntil !== null) {
      await postponeDelivery(database, delivery, delivery.quietUntil);
      return "postponed";
    }
    // A process that was frozen meanwhile leaves it to whoever has it now.
    if (performance.now() - begunAt > delivery.leaseMs) return "lost";
    return options.send(delivery);
  }

  return async ({ id, take }) => {
    const begunAt = performance.now();
    const delivery = await beginDelivery(database, id, take);
    if (delivery) options.onOutcome(await attempt(delivery, begunAt));
  };
}
