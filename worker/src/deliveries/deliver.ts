import type { DeliveryJob } from "@parloir/contracts/jobs.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Begun, dropDelivery, markFailed, postponeDelivery } from "@parloir/store/deliveries.ts";

/**
 * The job of every queue that the ledger feeds: begins the attempt, unless another run has, and sends what is still to
 * be sent at this moment.
 */
export function createDeliver<B extends Begun>(options: {
  database: Database;
  /** Null when another run has it. */
  begin: (database: Database, id: string, take: number) => Promise<B | null>;
  /** Answers what became of it: `sent`, `failed`, `dead` or `dropped`. */
  send: (delivery: B) => Promise<string>;
  /** How often it is tried. */
  attempts: number;
  onOutcome: (outcome: string) => void;
}): (job: DeliveryJob) => Promise<void> {
  const { database } = options;

  async function attempt(delivery: B, begunAt: number): Promise<string> {
    if (delivery.needless !== null) {
      await dropDelivery(database, delivery, delivery.needless);
      return "dropped";
    }
    if (delivery.quietUntil !== null) {
      await postponeDelivery(database, delivery, delivery.quietUntil);
      return "postponed";
    }
    // The last attempt says so itself. Beyond it only comes what ended its worker each time: it must not go on for ever.
    if (delivery.attempts > options.attempts) {
      await markFailed(database, delivery, { reason: "unfinished", status: null, againInMs: null });
      return "dead";
    }
    // A process that was frozen meanwhile leaves it to whoever has it now.
    if (performance.now() - begunAt > delivery.leaseMs) return "lost";
    return options.send(delivery);
  }

  return async ({ id, take }) => {
    const begunAt = performance.now();
    const delivery = await options.begin(database, id, take);
    if (delivery) options.onOutcome(await attempt(delivery, begunAt));
  };
}
