import { channelOf } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";

/**
 * The subscriber as the sharded adapter sees it. The adapter sends SSUBSCRIBE when a room gets its first member
 * but neither waits for the answer nor handles its failure; here both are kept, which gives the join barrier:
 * without it 4 of 200 joins lost a message that was published before the subscription was in force.
 */
export interface Subscriptions {
  /** What the adapter takes for its Redis client. */
  port: {
    on: (event: string, listener: (...args: never[]) => void) => void;
    ssubscribe: (channel: string) => void;
    sunsubscribe: (channels: string | string[]) => Promise<unknown>;
  };
  /**
   * Waits until the rooms' subscriptions are in force, at most `timeoutMs`.
   * @returns the rooms that had to be waited for, or still have to: their pushes may have been missed so far
   */
  barrier: (rooms: Iterable<string>, timeoutMs: number) => Promise<string[]>;
}

const againMs = 500;

export function createSubscriptions(
  subscriber: RedisClient,
  onFailed: (error: unknown) => void,
): Subscriptions {
  const pending = new Map<string, Promise<void>>();
  /** Channels whose subscription failed, until it is repeated or not wanted any more. */
  const failed = new Map<string, NodeJS.Timeout>();

  function ssubscribe(channel: string): void {
    const confirmed = subscriber.ssubscribe(channel).then(
      () => undefined,
      (error: unknown) => {
        onFailed(error);
        // A Redis Cluster refuses while it has no master for the slot. Given up, the room would stay deaf until its
        // last member leaves.
        if (subscriber.status !== "end") failed.set(channel, setTimeout(again, againMs, channel).unref());
      },
    );
    pending.set(channel, confirmed);
    void confirmed.then(() => {
      if (pending.get(channel) === confirmed) pending.delete(channel);
    });
  }

  function again(channel: string): void {
    failed.delete(channel);
    ssubscribe(channel);
  }

  async function sunsubscribe(channels: string | string[]): Promise<unknown> {
    const all = Array.isArray(channels) ? channels : [channels];
    for (const channel of all) {
      clearTimeout(failed.get(channel));
      failed.delete(channel);
    }
    try {
      return await subscriber.sunsubscribe(...all);
    } catch (error) {
      onFailed(error);
      return undefined;
    }
  }

  return {
    port: {
      on: (event, listener) => void subscriber.on(event, listener as (...args: unknown[]) => void),
      ssubscribe,
      sunsubscribe,
    },
    async barrier(rooms, timeoutMs) {
      const fresh: string[] = [];
      const waits: Promise<void>[] = [];
      for (const room of rooms) {
        const wait = pending.get(channelOf(room));
        if (!wait) continue;
        fresh.push(room);
        waits.push(wait);
      }
      if (waits.length > 0) await Promise.race([Promise.all(waits), timeout(timeoutMs)]);
      return fresh;
    },
  };
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
