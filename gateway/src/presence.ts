import type { Presence, PresenceStatus } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import { nodesOfPerson, seenOfPerson } from "@parloir/platform/presence-keys.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";

/**
 * Who is online, cluster-wide. Per person a hash {node → online | away}; per node a hash of its people, so that
 * another gateway can clear up after its death. Only a change of the sum over all nodes is announced; a script
 * finds it, because two gateways may change the same person at once.
 *
 * Without Redis presence rests: nothing fails, nobody is told anything, and the next beat writes again what was lost:
 * all of it when Redis comes back empty, else those whose write failed. Without the latter a person who came or went
 * in a break too short to empty anything would stay offline, or online, until their gateway ends.
 */
export interface PresenceKeeper {
  connected: (userId: string) => void;
  disconnected: (userId: string) => void;
  /** The person did something. */
  active: (userId: string) => void;
  /** Those whose state is known. */
  read: (userIds: string[]) => Promise<Record<string, Presence>>;
  renew: () => Promise<void>;
  /** Takes a dead node's people off it. */
  reap: (node: string) => Promise<void>;
  stop: () => Promise<void>;
}

interface Local {
  sockets: number;
  activeAt: number;
  state: "online" | "away";
  leaving: NodeJS.Timeout | undefined;
}

const awayAfterMs = 5 * 60_000;
/** A reload or a moment without network is no absence. */
const leaveGraceMs = 3_000;
/** Longer than any outage of all gateways: whoever reaps a dead node finds its people here. */
const peopleTtlSeconds = 7 * 86_400;
const seenTtlSeconds = 90 * 86_400;

const peopleOf = (node: string) => `parloir:people:${node}`;

/** KEYS nodes, seen; ARGV node, state ('' removes), now, ttl. Answers the new sum when it changed, else false. */
const setState = `
local function sum()
  local states = redis.call('HVALS', KEYS[1])
  if #states == 0 then return 'offline' end
  for _, state in ipairs(states) do if state == 'online' then return 'online' end end
  return 'away'
end
local before = sum()
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
local after = sum()
if after == 'offline' then redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4]) end
if before == after then return false end
return after`;

export function createPresence(options: {
  redis: RedisClient;
  node: string;
  log: Log;
  announce: (change: { userId: string } & Presence) => void;
}): PresenceKeeper {
  const { redis, node, log } = options;
  const people = new Map<string, Local>();
  /** Whose last write failed. */
  const unwritten = new Set<string>();

  /** Brings Redis to what this gateway knows of the person. @throws what Redis says; the next beat tries again */
  async function settle(userId: string): Promise<void> {
    const local = people.get(userId);
    unwritten.delete(userId);
    try {
      await (local ? write(userId, local.state) : remove(userId));
    } catch (error) {
      unwritten.add(userId);
      throw error;
    }
  }

  function attempt(userId: string): Promise<void> {
    return settle(userId).catch((error: unknown) =>
      log.debug({ err: error }, "presence could not be written"),
    );
  }

  async function set(userId: string, ofNode: string, state: "online" | "away" | ""): Promise<void> {
    const now = Date.now();
    const keys = [nodesOfPerson(userId), seenOfPerson(userId)];
    const changed = await redis.eval(setState, 2, ...keys, ofNode, state, now, seenTtlSeconds);
    if (changed === null) return;
    const status = changed as PresenceStatus;
    options.announce({
      userId,
      status,
      lastSeenAt: status === "offline" ? new Date(now).toISOString() : null,
    });
  }

  async function write(userId: string, state: Local["state"]): Promise<void> {
    await redis.hset(peopleOf(node), userId, state);
    await set(userId, node, state);
  }

  async function remove(userId: string): Promise<void> {
    await redis.hdel(peopleOf(node), userId);
    await set(userId, node, "");
  }

  function setAway(now: number): void {
    for (const [userId, local] of people) {
      if (local.state === "away" || now - local.activeAt < awayAfterMs) continue;
      local.state = "away";
      void attempt(userId);
    }
  }

  return {
    connected(userId) {
      const known = people.get(userId);
      if (known) {
        known.sockets += 1;
        clearTimeout(known.leaving);
        return;
      }
      people.set(userId, { sockets: 1, activeAt: performance.now(), state: "online", leaving: undefined });
      void attempt(userId);
    },
    disconnected(userId) {
      const local = people.get(userId);
      if (!local) return;
      local.sockets -= 1;
      if (local.sockets > 0) return;
      clearTimeout(local.leaving);
      local.leaving = setTimeout(() => {
        people.delete(userId);
        void attempt(userId);
      }, leaveGraceMs);
      local.leaving.unref();
    },
    active(userId) {
      const local = people.get(userId);
      if (!local) return;
      local.activeAt = performance.now();
      if (local.state === "online") return;
      local.state = "online";
      void attempt(userId);
    },
    async read(userIds) {
      const known = userIds.map(async (userId): Promise<[string, Presence]> => {
        const [states, seen] = await Promise.all([
          redis.hvals(nodesOfPerson(userId)),
          redis.get(seenOfPerson(userId)),
        ]);
        const status = states.includes("online") ? "online" : states.length > 0 ? "away" : "offline";
        const lastSeenAt =
          status === "offline" && seen !== null ? new Date(Number(seen)).toISOString() : null;
        return [userId, { status, lastSeenAt }];
      });
      const settled = await Promise.allSettled(known);
      return Object.fromEntries(settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
    },
    async renew() {
      setAway(performance.now());
      const renewed = await redis.expire(peopleOf(node), peopleTtlSeconds);
      if (renewed === 0) for (const userId of people.keys()) unwritten.add(userId);
      for (const userId of [...unwritten]) await settle(userId);
    },
    async reap(dead) {
      for (const userId of await redis.hkeys(peopleOf(dead))) await set(userId, dead, "");
      await redis.del(peopleOf(dead));
    },
    async stop() {
      for (const [userId, local] of people) {
        clearTimeout(local.leaving);
        people.delete(userId);
        await attempt(userId);
      }
      await redis
        .del(peopleOf(node))
        .catch((error: unknown) => log.debug({ err: error }, "leaving was not noted"));
    },
  };
}
