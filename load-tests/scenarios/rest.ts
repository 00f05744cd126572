import { check } from "k6";
import { vu } from "k6/execution";
import type { Options } from "k6/options";
import { randomFrom } from "../../bench/src/load/schedule.ts";
import { number, prefix, seconds, seed, shareOf } from "../k6/environment.ts";
import { finishedThreshold, hasFinished, nearlyAll, orAbort } from "../k6/finished.ts";
import { thresholds, trendStats } from "../k6/levels.ts";
import { makeDirect, makePerson, type Person, request } from "../k6/people.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/** RATE requests a second, in the mixture of a page without sockets: mostly looking, now and then a message. */
const rate = shareOf(number("RATE", 100));
const duration = seconds("DURATION", "1m");
/** Half a second for each request, which is far beyond the level. */
const people = Math.max(10, Math.ceil(rate / 2));

export const options: Options = {
  scenarios: {
    rest: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: `${duration}s`,
      preAllocatedVUs: people,
      maxVUs: people * 4,
    },
  },
  thresholds: {
    ...thresholds({
      "http_req_duration{kind:rest}": "restTime",
      "http_req_failed{kind:rest}": "rest",
    }),
    ...finishedThreshold(nearlyAll(rate * duration)),
    dropped_iterations: ["count<1"],
  },
  summaryTrendStats: trendStats,
};

interface Me extends Person {
  conversationId: string;
  random: () => number;
  sent: number;
}

let me: Me | null = null;

async function begin(): Promise<Me> {
  const id = `${prefix}-rest-${vu.idInTest}`;
  const [mine, other] = await Promise.all([makePerson(id), makePerson(`${id}-peer`)]);
  const conversationId = await makeDirect(mine!.id, other!.id);
  return { ...mine!, conversationId, random: randomFrom(seed + vu.idInTest), sent: 0 };
}

const conversations = "/api/messages/conversations";

/** Route and path, with the share of all requests. */
const reads: [share: number, route: string, path: (me: Me) => string][] = [
  [0.4, conversations, () => conversations],
  [
    0.75,
    "/api/messages",
    ({ conversationId }) => `/api/messages?conversationId=${conversationId}&after=0&limit=50`,
  ],
  [0.9, "/api/messages/unread", () => "/api/messages/unread"],
];

export default async function rest(): Promise<void> {
  me ??= await orAbort(begin());
  const drawn = me.random();
  const read = reads.find(([share]) => drawn < share);
  const answer = read ? await request("GET", read[1], read[2](me), null, me.token, "rest") : await send(me);
  check(answer, { "the answer is a success": ({ status }) => status === 200 || status === 201 });
  hasFinished();
}

function send(me: Me) {
  me.sent += 1;
  const { conversationId, id } = me;
  const body = { conversationId, clientMessageId: `${id}-${me.sent}`, content: `message ${me.sent}` };
  return request("POST", "/api/messages", "/api/messages", body, me.token, "rest");
}
