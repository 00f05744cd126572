import type { History, Stay } from "../history.ts";
import type { Random } from "../random.ts";
import { ask, type Person, type Population, RestError, readHistory } from "./people.ts";

/** People who are added to groups and removed from them again, and who try to read on after that. */
export interface Coming {
  start: () => void;
  stop: () => void;
  /** No adding or removing waits for its answer. */
  isIdle: () => boolean;
}

/** Away for longer than the checker's allowance: else no message would be too late for them. */
const staySeconds: [number, number] = [2, 5];
const awaySeconds: [number, number] = [13, 18];
const looks = 4;
const retryMs = 500;

export function startComing(options: {
  population: Population;
  history: History;
  random: Random;
  now: () => number;
  url: string;
}): Coming {
  const { population, history, random, now, url } = options;
  const groups = [...population.members].filter(([, members]) => members.length > 2);
  const tokens = new Map(population.people.map(({ userId, token }) => [userId, token]));
  const stopped = new AbortController();
  const isOn = () => !stopped.signal.aborted;
  let underWay = 0;

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stopped.signal.addEventListener("abort", () => [clearTimeout(timer), resolve()], { once: true });
    });
  }

  /** Until it is answered. @returns how many tries had no answer: each of them may still happen, or null: given up */
  async function insist(request: () => Promise<unknown>): Promise<number | null> {
    for (let unknown = 0; isOn(); unknown++) {
      underWay += 1;
      try {
        await request();
        return unknown;
      } catch {
        await sleep(retryMs);
      } finally {
        underWay -= 1;
      }
    }
    return null;
  }

  async function look({ userId, token }: Person, { conversationId }: Stay): Promise<void> {
    const log = (answered: boolean, answer: string) =>
      history.trespasses.push({
        at: now(),
        userId,
        conversationId,
        command: "GET after removal",
        answered,
        answer,
      });
    try {
      const page = await readHistory(url, token, conversationId, 0, 10);
      log(true, JSON.stringify(page).slice(0, 200));
    } catch (error) {
      // Outages say nothing about rights.
      if (error instanceof RestError && error.status < 500) log(false, String(error.status));
    }
  }

  async function comeAndGo(comer: Person): Promise<void> {
    const { userId } = comer;
    const [conversationId, [owner]] = random.pick(groups) as [string, [string]];
    const path = `${url}/api/messages/conversations/${conversationId}/members`;
    const stay: Stay = { conversationId, userId, from: now(), to: Number.POSITIVE_INFINITY };
    history.stays.push(stay);
    const unknown = await insist(() => ask("POST", path, tokens.get(owner)!, { userId }));
    await sleep(1_000 * random.between(...staySeconds));
    const removed = await insist(() => ask("DELETE", `${path}/${userId}`, tokens.get(owner)!));
    // An adding without an answer may come after the removal: then nothing is claimed of what follows.
    if (removed === null || unknown !== 0) return;
    stay.to = now();
    const pause = random.between(...awaySeconds) / looks;
    for (let n = 0; n < looks && isOn(); n++) {
      await look(comer, stay);
      await sleep(1_000 * pause);
    }
  }

  async function live(comer: Person): Promise<void> {
    while (isOn()) await comeAndGo(comer);
  }

  return {
    start() {
      if (groups.length > 0) for (const comer of population.comers) void live(comer);
    },
    stop: () => stopped.abort(),
    isIdle: () => underWay === 0,
  };
}
