import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownRedis } from "../resilience/servers.ts";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const perSecond = 2;
const burst = 4;
const processes = 4;
/** After a refusal. Whoever goes on at once is a flood, and its connection is closed. */
const pauseMs = 30;
const redis = await ownRedis();
const cluster = await startCluster({
  gateways: 2,
  apis: 2,
  env: {
    REDIS_URL: redis.url,
    LIMIT_SENDS_PER_SECOND: String(perSecond),
    LIMIT_SEND_BURST: String(burst),
    LIMIT_SOCKETS_PER_USER: "4",
  },
});
afterAll(async () => {
  await cluster.stop();
  await redis.remove();
});

interface Metric {
  get: () => Promise<{ values: { value: number; labels: Record<string, unknown> }[] }>;
}

/** Sum of a counter over all processes, for one limit. */
async function counted(name: "refusals" | "checks", limit: string): Promise<number> {
  let sum = 0;
  for (const { metrics } of [...cluster.gateways, ...cluster.apis]) {
    const metric: Metric = metrics.get(`parloir_limit_${name}_total`);
    for (const { value, labels } of (await metric.get()).values) if (labels.limit === limit) sum += value;
  }
  return sum;
}

let partner: TestPerson;
beforeAll(async () => {
  partner = await cluster.person("partner");
});

/** A person with every way to send: two gateways and two apis. */
async function sender() {
  const person = await cluster.person("sender");
  const { id } = await cluster.conversation(person, partner);
  const sockets = [await cluster.socket(person, 0), await cluster.socket(person, 1)];
  const message = () => ({ conversationId: id, clientMessageId: randomUUID(), content: "x" });
  const bySocket = (socket: TestSocket) => async () => (await socket.emit("send_message", message())).ok;
  const byRest = (url: string) => async () => {
    const answer = await cluster.rest(person, "POST", `${url}/api/messages`, message());
    return answer.body.success;
  };
  return [...sockets.map(bySocket), ...cluster.apis.map(({ url }) => byRest(url))];
}

describe("one person on two gateways and by REST at two apis", () => {
  it("is limited as one: a burst per process, and over time the rate", async () => {
    const ways = await sender();
    const began = performance.now();
    let sent = 0;
    const ends = began + 4_000;
    await Promise.all(
      ways.map(async (send) => {
        while (performance.now() < ends) {
          if (await send()) sent += 1;
          else await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    // Four that count alone would let through four times the rate.
    expect(sent).toBeLessThanOrEqual(processes * burst + perSecond * seconds * 1.25 + 2);
    expect(await counted("refusals", "sends")).toBeGreaterThan(0);
  });
});

describe("a person far from the limit", () => {
  it("costs no call to Redis", async () => {
    const [send] = await sender();
    const before = await counted("checks", "sends");
    expect(await send!()).toBe(true);
    expect(await counted("checks", "sends")).toBe(before);
  });
});

describe("sockets of one person", () => {
  const outcomes = (person: TestPerson, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        cluster.connect(person.token, cluster.gateways[n % 2]!.url),
      ).map(async (socket) => ({
        socket,
        admitted: await socket.ready().then(
          () => true,
          () => false,
        ),
      })),
    );

  it("are counted over both gateways, also when all come at once", async () => {
    // A gateway counts those that it saw living at its last beat.
    const full = await eventually(
      "both gateways to know of each other",
      async () => {
        const person = await cluster.person("ana");
        const tried = await outcomes(person, 12);
        const admitted = tried.filter((each) => each.admitted).length;
        if (admitted !== 4) for (const { socket } of tried) socket.close();
        return { person, tried, admitted };
      },
      ({ admitted }) => admitted === 4,
    );
    for (const { url } of cluster.gateways) {
      const refusal = await cluster.connect(full.person.token, url).refusal();
      expect(refusal).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    }
    expect(await counted("refusals", "sockets_per_user")).toBeGreaterThan(0);
    for (const { socket } of full.tried) socket.close();
    await eventually(
      "room on either gateway when all have gone",
      async () => {
        const again = await outcomes(full.person, 2);
        for (const { socket } of again) socket.close();
        return again;
      },
      (again) => again.every((each) => each.admitted),
    );
  });
});

describe("with Redis dead", () => {
  it("each process goes on by itself: a burst, then refusals", async () => {
    const ways = await sender();
    await redis.stop();
    for (const send of ways) {
      const sends = await Promise.all(Array.from({ length: 20 }, send));
      const sent = sends.filter(Boolean).length;
      expect(sent).toBeGreaterThanOrEqual(burst);
      expect(sent).toBeLessThan(20);
    }
  });
});
