import { bucketGrowth } from "@parloir/contracts/histogram.ts";
import { maintenanceTasks, queues } from "@parloir/contracts/jobs.ts";
import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { rollUp } from "@parloir/store/rollups.ts";
import { Queue, QueueEvents } from "bullmq";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";

const cluster = await startCluster({ gateways: 0, apis: 1, workers: 0 });
const database = createDatabase({
  url: cluster.databaseUrl,
  poolSize: 2,
  applicationName: "rollups",
  onError: () => undefined,
});
afterAll(async () => {
  await database.close();
  await cluster.stop();
});

/** 3,000 waits over 90 days, by four agents and nobody, from a second to ten days, some unanswered, some open. */
async function waits(): Promise<void> {
  await cluster.sql(`INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at, end_seq,
      ended_at, agent_id, ms, business_ms)
    SELECT uuidv7(), 1, 1, (ARRAY['first_reply', 'next_reply'])[1 + n % 2], (ARRAY['direct', 'support'])[1 + n % 3 % 2],
      o, s, 2, CASE WHEN o <> 'open' THEN s + ms * interval '1 ms' END,
      CASE WHEN o = 'answered' THEN (ARRAY['a', 'b', 'c', 'd'])[1 + n % 4] END, CASE WHEN o <> 'open' THEN ms END,
      CASE WHEN o <> 'open' AND n % 2 = 0 THEN ms / 3 END
    FROM generate_series(1, 3000) n
    CROSS JOIN LATERAL (SELECT CASE WHEN n % 10 = 1 THEN 'closed_unanswered' WHEN n % 10 = 2 THEN 'open' ELSE 'answered' END AS o,
      '2026-01-01'::timestamptz + n * interval '43 minutes' AS s,
      (1000 * power(1.0046, n * 7 % 3000))::bigint AS ms) x`);
  await cluster.sql(`INSERT INTO stale_hours SELECT DISTINCT date_trunc('hour', at)
    FROM waits CROSS JOIN LATERAL (VALUES (started_at), (ended_at)) t(at) WHERE at IS NOT NULL ON CONFLICT DO NOTHING`);
}

const ask = async (params: Record<string, string>) => {
  const answer = await cluster.request(
    "dev-server-key",
    "GET",
    `/api/stats/response-times?${new URLSearchParams(params)}`,
  );
  return answer.body.data as ResponseTimes;
};
const exactly = { from: "2026-01-01T00:00:00Z", to: "2026-04-10T00:00:00Z" };
const rolled = { ...exactly, from: "2025-06-01T00:00:00Z" };

/** The same, but for what a percentile may be off by. */
function expectAlike(a: unknown, b: unknown, name = ""): void {
  if (/\.(p\d\d)$/.test(name) && typeof a === "number" && typeof b === "number") {
    expect(Math.abs(a / b - 1), name).toBeLessThan(0.0101);
  } else if (typeof a === "number" && typeof b === "number") expect(a, name).toBeCloseTo(b, 2);
  else if (typeof a === "object" && a !== null && typeof b === "object" && b !== null) {
    expect(Object.keys(a), name).toEqual(Object.keys(b));
    for (const key of Object.keys(a)) expectAlike(Reflect.get(a, key), Reflect.get(b, key), `${name}.${key}`);
  } else expect(a, name).toEqual(b);
}

describe("rollups", () => {
  it("add up to what the waits themselves say, in every part and group", async () => {
    await waits();
    while ((await rollUp(database, 500, bucketGrowth)) > 0);
    expect(await cluster.sql("SELECT FROM stale_hours")).toEqual([]);
    for (const params of [
      {},
      { by: "end" },
      { kind: "direct" },
      { agentId: "b" },
      { groupBy: "agent" },
      { groupBy: "day", zone: "Europe/Paris", by: "end" },
    ]) {
      const [waits, rollups] = [await ask({ ...exactly, ...params }), await ask({ ...rolled, ...params })];
      expect([waits.exact, rollups.exact]).toEqual([true, false]);
      const { from: _, exact: __, waiting: ___, ...those } = waits;
      const { from: ____, exact: _____, waiting: ______, ...these } = rollups;
      expect(those.firstReply.n + those.nextReply.n).toBeGreaterThan(100);
      expectAlike(these, those);
    }
  });

  it("of days that begin within an hour of UTC are of the waits themselves", async () => {
    expect(await ask({ ...rolled, groupBy: "day", zone: "Asia/Kathmandu" })).toMatchObject({ exact: true });
  });

  it("summed up while a wait is being written lack it until the next time", async () => {
    const hour = "2025-12-01T10:00:00Z";
    const count = async () => (await ask(rolled)).resolution.n;
    const before = await count();
    const writer = await cluster.postgres.connect();
    await writer.query("BEGIN");
    await writer.query(
      `INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at, end_seq, ended_at, ms)
        VALUES (uuidv7(), 1, 0, 'resolution', 'support', 'resolved', $1, 1, $1, 0)`,
      [hour],
    );
    await writer.query("INSERT INTO stale_hours VALUES ($1)", [hour]);
    await rollUp(database, 500, bucketGrowth);
    expect(await count()).toBe(before);
    await writer.query("COMMIT");
    writer.release();
    await rollUp(database, 500, bucketGrowth);
    expect(await count()).toBe(before + 1);
  });
});

describe("an hour", () => {
  it("with more waits than a statement takes is summed up in pieces, to the same", async () => {
    const hour = "2025-11-01T10:00:00.000Z";
    // Most of them in its first minutes, some on its borders.
    await cluster.sql(`INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at, end_seq,
        ended_at, agent_id, ms)
      SELECT uuidv7(), 1, 1, 'first_reply', 'direct', 'answered', s, 2, s + ms * interval '1 ms', 'a', ms
      FROM generate_series(0, 45000) n
      CROSS JOIN LATERAL (SELECT '${hour}'::timestamptz + LEAST(n * n / 500, 3600000) * interval '1 ms' AS s,
        1000 + n % 977 AS ms) x`);
    await cluster.sql(`INSERT INTO stale_hours VALUES ('${hour}')`);
    await rollUp(database, 500, bucketGrowth);
    for (const [by, column] of [
      ["start", "started_at"],
      ["end", "ended_at"],
    ]) {
      const [sums] = await cluster.sql(
        `SELECT sum(n)::int AS n, sum(sum_ms)::int AS ms, max(max_ms)::int AS max FROM rollups
         WHERE hour = '${hour}' AND by = '${by}'`,
      );
      const [waits] = await cluster.sql(
        `SELECT count(*)::int AS n, sum(ms)::int AS ms, max(ms)::int AS max FROM waits
         WHERE date_trunc('hour', ${column}) = '${hour}'`,
      );
      expect(sums).toEqual(waits);
      expect(sums!.n).toBeGreaterThan(40_000);
    }
  });

  it("in which a wait is being written is summed up without it, and stays marked", async () => {
    const hour = "2025-11-02T10:00:00.000Z";
    const mark = `INSERT INTO stale_hours AS s VALUES ('${hour}') ON CONFLICT (hour) DO UPDATE SET hour = s.hour`;
    await cluster.sql(mark);
    const writer = await cluster.postgres.connect();
    await writer.query("BEGIN");
    await writer.query(
      `INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at, end_seq, ended_at, ms)
        VALUES (uuidv7(), 1, 0, 'resolution', 'support', 'resolved', $1, 1, $1, 0)`,
      [hour],
    );
    await writer.query(mark);
    await rollUp(database, 500, bucketGrowth);
    await writer.query("COMMIT");
    writer.release();
    const rolled = () => cluster.sql(`SELECT FROM rollups WHERE hour = '${hour}'`);
    expect(await rolled()).toHaveLength(0);
    await rollUp(database, 500, bucketGrowth);
    expect(await rolled()).toHaveLength(2);
    expect(await cluster.sql(`SELECT FROM stale_hours WHERE hour = '${hour}'`)).toEqual([]);
  });
});

describe("what runs by the clock", () => {
  it("is scheduled once by two workers, and sums up", async () => {
    const { hostname: host, port, password } = new URL(cluster.redisUrl);
    const connection = { host, port: Number(port), password };
    const queue = new Queue("maintenance", { connection });
    const events = new QueueEvents("maintenance", { connection });
    await Promise.all([cluster.addWorker(), cluster.addWorker()]);
    const names = async () => (await queue.getJobSchedulers()).map((each) => each.key).toSorted();
    const tasks = Object.keys(maintenanceTasks);
    await eventually("the schedules", names, (all) => all.length >= tasks.length);
    expect(await names()).toEqual(tasks.toSorted());
    await cluster.sql("INSERT INTO stale_hours VALUES ('2020-01-01')");
    await (await queue.add("maintenance", { task: "rollups" })).waitUntilFinished(events, 30_000);
    // Or by the one that was due by the clock at that moment, and is about to commit.
    await eventually(
      "the sum",
      () => cluster.sql("SELECT FROM stale_hours"),
      (hours) => hours.length === 0,
    );
    const { metrics } = cluster.workers[0]!;
    const known = async (metric: "parloir_queue_jobs" | "parloir_queue_oldest_seconds") =>
      new Set((await metrics.get(metric).get()).values.map(({ labels }) => labels.queue));
    // A queue that does not answer in time is not told of.
    for (const metric of ["parloir_queue_jobs", "parloir_queue_oldest_seconds"] as const)
      await eventually(
        metric,
        async () => [...(await known(metric))].toSorted(),
        (all) =>
          all.join() ===
          Object.values(queues)
            .map(({ name }) => name)
            .toSorted()
            .join(),
      );
    await Promise.all([queue.close(), events.close()]);
  });
});
