import { randomUUID } from "node:crypto";
import type { NewWebhook } from "@parloir/contracts/webhooks.ts";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchCluster, type TestCluster } from "../faults/cluster/launch.ts";
import { sendSignal, stateOf } from "../faults/cluster/process.ts";
import { type Receiver, startReceiver } from "../setup/receiver.ts";
import { eventually } from "../setup/waiting.ts";
import { ask, makePeople } from "./host.ts";

/**
 * What reaches the host's back end while workers die in the middle of telling it. Time is not waited for: what a lease
 * would end by itself after 30 s is ended in the ledger. (`npm run prove` waits, with the fault worker-freeze-long.)
 */
let cluster: TestCluster;
let database: pg.Pool;
let receiver: Receiver;
let hook: NewWebhook;
beforeAll(async () => {
  cluster = await launchCluster({ gateways: 1, apis: 1, workers: 2 });
  database = new pg.Pool({ connectionString: cluster.find("postgres").url!, max: 2 });
  database.on("error", () => undefined);
});
afterAll(async () => {
  await database.end();
  await cluster.stop();
});
beforeEach(async () => {
  receiver = await startReceiver();
  hook = await ask<NewWebhook>(cluster, "dev-server-key", "POST", "/api/webhooks", { url: receiver.url });
});
afterEach(async () => {
  await database.query("DELETE FROM webhooks");
  await receiver.stop();
});

const workers = ["worker1", "worker2"];
const pids = () => workers.map((name) => cluster.find(name).pid);

/** Ana writes to somebody who is not there. */
async function write(count: number): Promise<void> {
  const [ana, ...others] = await makePeople(cluster, `crash-${randomUUID()}`, count + 1);
  for (const { id: recipientId } of others) {
    const body = { kind: "direct", recipientId };
    const { id } = await ask<{ id: string }>(
      cluster,
      ana!.token,
      "POST",
      "/api/messages/conversations",
      body,
    );
    const message = { conversationId: id, clientMessageId: randomUUID(), content: "are you there?" };
    await ask(cluster, ana!.token, "POST", "/api/messages", message);
  }
}

const requests = (count: number) =>
  eventually(
    "requests",
    () => receiver.received.length,
    (all) => all >= count,
  );

const idsOf = () => receiver.received.map(({ headers }) => String(headers["webhook-id"]));

/** As if thirty seconds had passed. */
const endLeases = () =>
  database.query("UPDATE deliveries SET due_at = now() WHERE state = 'waiting' AND stage <> 'idle'");

async function killAll(): Promise<void> {
  const before = pids();
  for (const pid of before) sendSignal(pid!, "SIGKILL");
  await eventually("new workers", pids, (now) =>
    now.every((pid, index) => pid !== null && pid !== before[index]),
  );
}

interface Line {
  id: string;
  state: string;
  attempts: number;
}
const lines = async () =>
  (await database.query<Line>("SELECT id, state, attempts FROM deliveries WHERE target = $1", [hook.id]))
    .rows;
const untilSent = (count: number) =>
  eventually(
    "all to be sent",
    lines,
    (all) => all.length === count && all.every(({ state }) => state === "sent"),
  );

describe("one effect, and one id however often it is sent,", () => {
  it("when workers are killed in the middle of a job, twice", { timeout: 120_000 }, async () => {
    const release = receiver.hold();
    await write(1);
    for (const attempt of [1, 2]) {
      await requests(attempt);
      await killAll();
      await endLeases();
    }
    await requests(3);
    release();
    const [line] = await untilSent(1);
    expect(line!.attempts).toBe(3);
    expect(idsOf()).toEqual([line!.id, line!.id, line!.id]);
  });

  it("when a worker is frozen beyond its lease and wakes when others have done it", {
    timeout: 120_000,
  }, async () => {
    const release = receiver.hold();
    await write(1);
    await requests(1);
    const frozen = pids();
    try {
      for (const pid of frozen) sendSignal(pid!, "SIGSTOP");
      await eventually(
        "them to stop",
        () => frozen.map((pid) => stateOf(pid!)),
        (all) => all.every((s) => s === "T"),
      );
      await endLeases();
      release();
      // Whichever wakes first, with the job or without it.
      sendSignal(frozen[0]!, "SIGCONT");
      await untilSent(1);
    } finally {
      for (const pid of frozen) sendSignal(pid!, "SIGCONT");
    }
    await write(1);
    const all = await untilSent(2);
    expect(new Set(idsOf())).toEqual(new Set(all.map(({ id }) => id)));
  });

  it("when the queues' Redis loses everything", { timeout: 120_000 }, async () => {
    const release = receiver.hold();
    await write(5);
    await requests(1);
    const queue = new Redis(cluster.find("redis-queue").url!, { maxRetriesPerRequest: 1 });
    await queue.flushall();
    queue.disconnect();
    release();
    await endLeases();
    const all = await untilSent(5);
    expect(new Set(idsOf())).toEqual(new Set(all.map(({ id }) => id)));
  });
});
