import { type Call, callLostMs, ringLostMs } from "@parloir/contracts/calls.ts";
import type { EndedCallItem } from "@parloir/contracts/internal.ts";
import type { RedisClient } from "./redis.ts";

/**
 * Calls whose line is not known to be written. The gateway that hears how a call ended tells an api at once; but both
 * pages may vanish and no word come, or the word come while no api answers. So every call also stands here, with the
 * time at which it is over or should have been told, until a worker has seen to it. Telling twice is telling once.
 *
 * In the slot of the calls' own keys, and changed by the same scripts: there is no call that is not here.
 */
export const untoldKeys = ["parloir:{calls}:untold", "parloir:{calls}:untold:as"] as const;

/** Behind the end of what keeps a call alive, or behind its end: the gateway's own word takes up to 10 s. */
const graceMs = 15_000;
const aliveMs = { ringing: ringLostMs, active: callLostMs, ended: 0 };
/** A worker that took some and died leaves them to the next one. */
const leaseMs = 30_000;
const mostAtOnce = 20;

export const untoldForMs = ({ status }: Call): number => aliveMs[status] + graceMs;

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** For the scripts of calls, by expressions of theirs: `keys` begin at an index of KEYS. */
export const keepUntold = (keysFrom: number, id: string, call: string, forMs: string) => `${now}
redis.call('ZADD', KEYS[${keysFrom}], now + ${forMs}, ${id})
redis.call('HSET', KEYS[${keysFrom + 1}], ${id}, string.format('%.0f', now) .. ' ' .. ${call})`;

/** KEYS untold, as what; ARGV milliseconds of the lease, how many. */
const take = `${now}
local taken = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local kept = redis.call('HGET', KEYS[2], id)
  if kept then
    redis.call('ZADD', KEYS[1], now + ARGV[1], id)
    table.insert(taken, id)
    table.insert(taken, kept)
  else redis.call('ZREM', KEYS[1], id) end
end
return taken`;

/** KEYS as above; ARGV id, what was seen to. An id that was used again since is another call. */
const forget = `
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])`;

export interface UntoldCall {
  id: string;
  /** For `forgetUntold`. */
  kept: string;
  ended: EndedCallItem;
}

/** Those whose time has come; to be given back by `forgetUntold`, or they come again. */
export async function takeUntold(redis: RedisClient): Promise<UntoldCall[]> {
  const taken = (await redis.eval(take, 2, ...untoldKeys, leaseMs, mostAtOnce)) as string[];
  const calls: UntoldCall[] = [];
  for (let at = 0; at + 1 < taken.length; at += 2) {
    const [id, kept] = [taken[at]!, taken[at + 1]!];
    const blank = kept.indexOf(" ");
    const call = JSON.parse(kept.slice(blank + 1)) as Call;
    calls.push({ id, kept, ended: endedCall(lost(call, Number(kept.slice(0, blank)))) });
  }
  return calls;
}

export async function forgetUntold(redis: RedisClient, { id, kept }: UntoldCall): Promise<void> {
  await redis.eval(forget, 2, ...untoldKeys, id, kept);
}

/** Nobody said how it ended: it did when it was last heard of. */
function lost(call: Call, heardAt: number): Call {
  if (call.status === "ended") return call;
  const ending = call.status === "ringing" ? "unanswered" : "failed";
  return { ...call, status: "ended", ending, endedAt: new Date(heardAt).toISOString() };
}

export function endedCall(call: Call): EndedCallItem {
  const { id: callId, conversationId, callerId, calleeId, startedAt, answeredAt } = call;
  const ms = answeredAt === null ? null : Date.parse(call.endedAt ?? answeredAt) - Date.parse(answeredAt);
  return {
    callId,
    conversationId,
    callerId,
    calleeId,
    startedAt,
    ending: call.ending ?? "hung_up",
    // Answered and ended by the clocks of two gateways.
    seconds: ms === null ? null : Math.max(0, Math.round(ms / 1_000)),
  };
}
