import { type Call, callLostMs, ringLostMs } from "@parloir/contracts/calls.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { keepUntold, untoldForMs, untoldKeys } from "@parloir/platform/untold-calls.ts";

/**
 * Calls while they last, in Redis: one key for the call, and one for each of its people that says in which call they
 * are. Written only where the call still is what was read, so that of two devices that answer at once one does.
 *
 * Every key lives for as long as somebody is in the call and says so: what a crashed page or gateway leaves is gone by
 * itself, but for its place among the untold, by which a worker writes its line. All are in one slot of a Redis
 * Cluster: a call's keys change together, and calls are few.
 */
export interface CallStore {
  read: (callId: string) => Promise<Call | null>;
  /**
   * Writes a new call unless one of its people is in another.
   * @returns null, or the id of the call that is in the way: this one, when it was begun already
   */
  begin: (call: Call) => Promise<{ callId: string; whose: "call" | "caller" | "callee" } | null>;
  /** Also renews. @returns false when the call is no longer what was read */
  replace: (former: Call, next: Call) => Promise<boolean>;
}

const callKey = (callId: string) => `parloir:{calls}:call:${callId}`;
const personKey = (userId: string) => `parloir:{calls}:in:${userId}`;
const keysOf = (call: Call) => [
  callKey(call.id),
  personKey(call.callerId),
  personKey(call.calleeId),
  ...untoldKeys,
];

/** So long a call that has ended can still be asked for: by a page that was away when it did. */
const endedMs = 60_000;

/** KEYS call, caller, callee, untold; ARGV the call, its id, milliseconds to live, and until it should be told. */
const begin = `
for i = 1, 3 do
  local there = redis.call('GET', KEYS[i])
  if there then return {i, there} end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
for i = 2, 3 do redis.call('SET', KEYS[i], ARGV[2], 'PX', ARGV[3]) end
${keepUntold(4, "ARGV[2]", "ARGV[1]", "ARGV[4]")}
return {0, ''}`;

/** KEYS as above; ARGV what was read, what is written, the id, milliseconds to live, for the people, until it is told. */
const replace = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
for i = 2, 3 do
  if ARGV[5] ~= '0' then redis.call('SET', KEYS[i], ARGV[3], 'PX', ARGV[5])
  elseif redis.call('GET', KEYS[i]) == ARGV[3] then redis.call('DEL', KEYS[i]) end
end
${keepUntold(4, "ARGV[3]", "ARGV[2]", "ARGV[6]")}
return 1`;

const lifeMs = { ringing: ringLostMs, active: callLostMs, ended: endedMs };

export function createCallStore(redis: RedisClient): CallStore {
  return {
    async read(callId) {
      const stored = await redis.get(callKey(callId)).catch(unavailable);
      return stored === null ? null : (JSON.parse(stored) as Call);
    },
    async begin(call) {
      const answer = await redis
        .eval(begin, 5, ...keysOf(call), JSON.stringify(call), call.id, lifeMs.ringing, untoldForMs(call))
        .catch(unavailable);
      const [at, there] = answer as [number, string];
      if (at === 0) return null;
      return at === 1
        ? { callId: call.id, whose: "call" }
        : { callId: there, whose: at === 2 ? "caller" : "callee" };
    },
    async replace(former, next) {
      const life = lifeMs[next.status];
      const people = next.status === "ended" ? 0 : life;
      const texts = [JSON.stringify(former), JSON.stringify(next), next.id];
      const args = [...texts, life, people, untoldForMs(next)];
      return (await redis.eval(replace, 5, ...keysOf(next), ...args).catch(unavailable)) === 1;
    },
  };
}

function unavailable(error: unknown): never {
  throw new CodedError("UNAVAILABLE", "no calls without Redis", { cause: error });
}
