import { mostWaitingJobs, type NotifyJob, queues } from "@parloir/contracts/jobs.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { takeOutbox } from "@parloir/store/outbox.ts";
import { Queue, QueueEvents } from "bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2, workers: 0 });
const { hostname: host, port, password } = new URL(cluster.redisUrl);
const connection = { host, port: Number(port), password };
const queue = new Queue<NotifyJob>(queues.notify.name, { connection });
const finished = new QueueEvents(queues.notify.name, { connection });
afterAll(async () => {
  await Promise.all([queue.close(), finished.close()]);
  await cluster.stop();
});

/** Runs a job that the workers have not seen under this id, to its end. */
async function runJob(id: string, job: NotifyJob): Promise<void> {
  await (await queue.add(queues.notify.name, job, { jobId: id })).waitUntilFinished(finished, 30_000);
}

async function group(...others: TestPerson[]) {
  const ana = await cluster.person("ana");
  const { id } = await cluster.conversation(ana, ...others, await cluster.person("extra"));
  return { ana, id, sender: await cluster.socket(ana, 0) };
}

const lines = (person: TestPerson) =>
  cluster.sql<{ conversation_id: string; seq: string; count: number; read_at: Date | null }>(
    "SELECT conversation_id, seq, count, read_at FROM notifications WHERE user_id = $1 ORDER BY id",
    [person.id],
  );

async function socketsOn(gateway: number): Promise<number> {
  const { values } = await cluster.gateways[gateway]!.metrics.get("parloir_sockets").get();
  return values[0]!.value;
}

/** A message in a conversation of their own: when its notification is here, every earlier publish has come too. */
async function barrier(sender: TestSocket, ana: TestPerson, person: TestPerson, socket: TestSocket) {
  const body = { kind: "group", memberIds: [person.id] };
  const { id } = await cluster.call<{ id: string }>(ana, "POST", "/api/messages/conversations", body);
  await cluster.send(sender, id, "barrier");
  await socket.waitFor("notification", (line) => line.conversationId === id);
}

describe("a relay that dies between adding its job and its COMMIT", () => {
  it("doubles nothing: neither rows nor events", async () => {
    const ben = await cluster.person("ben");
    const { id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    await cluster.send(sender, id, "one");
    await cluster.send(sender, id, "two");
    const database = createDatabase({
      url: cluster.databaseUrl,
      poolSize: 1,
      applicationName: "the dying relay",
      onError: () => undefined,
    });
    const dying = takeOutbox(database, 1, async (rows) => {
      await queue.add(
        queues.notify.name,
        { outboxIds: rows.map((row) => row.id), messages: rows.flatMap((row) => row.messages) },
        { jobId: "dying" },
      );
      throw new Error("killed before COMMIT");
    });
    await expect(dying).rejects.toThrow();
    await database.close();
    expect(await cluster.sql("SELECT FROM outbox")).toHaveLength(2);

    // The next relay takes both rows again, in another round and so under another job id.
    await cluster.addWorker();
    await reader.waitFor("notification", (line) => line.seq === 2);
    await eventually(
      "the outbox",
      () => cluster.sql("SELECT FROM outbox"),
      (rows) => rows.length === 0,
    );
    await runJob("the-same-again", {
      outboxIds: [],
      messages: [{ conversationId: id, seq: 2, senderId: (await sender.ready()).userId }],
    });
    expect(await lines(ben)).toMatchObject([{ conversation_id: id, seq: "2", count: 2, read_at: null }]);
    const seqs = reader.all("notification").map((line) => line.seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(seqs.at(-1)).toBe(2);
  });
});

describe("with workers", () => {
  beforeAll(async () => void (await cluster.addWorker()));

  it("a member who is not looking gets one notification, and `unread` with the right totals", async () => {
    const ben = await cluster.person("ben");
    const { ana, id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 2);
    await cluster.send(sender, id, "hello Ben");
    const line = await reader.waitFor("notification");
    expect(line).toMatchObject({
      type: "message",
      conversationId: id,
      seq: 1,
      count: 1,
      title: ana.name,
      message: "hello Ben",
      readAt: null,
    });
    expect(await reader.waitFor("unread")).toEqual({ total: 1, conversationId: id, count: 1 });
    await barrier(sender, ana, ben, reader);
    expect(reader.all("notification").filter((each) => each.conversationId === id)).toHaveLength(1);
    expect(await reader.waitFor("unread", (each) => each.conversationId !== id)).toMatchObject({
      total: 2,
      count: 1,
    });
    expect(sender.all("notification")).toEqual([]);
  });

  it("who has the conversation open gets none; another device of theirs does not bring it back", async () => {
    const [ben, cleo] = [await cluster.person("ben"), await cluster.person("cleo")];
    const { ana, id, sender } = await group(ben, cleo);
    const [looking, elsewhere, other] = [
      await cluster.socket(ben, 1),
      await cluster.socket(ben, 2),
      await cluster.socket(cleo, 1),
    ];
    await looking.ok("join_conversation", { conversationId: id });
    await cluster.send(sender, id, "seen by Ben");
    await other.waitFor("notification", (line) => line.conversationId === id);
    await barrier(sender, ana, ben, elsewhere);
    expect(elsewhere.all("notification").filter((line) => line.conversationId === id)).toEqual([]);
    expect((await lines(ben)).filter((line) => line.conversation_id === id)).toEqual([]);

    await looking.ok("leave_conversation", { conversationId: id });
    await cluster.send(sender, id, "not seen by Ben");
    expect(await elsewhere.waitFor("notification", (line) => line.conversationId === id)).toMatchObject({
      seq: 2,
    });
  });

  it("who closed the window is notified again", async () => {
    const ben = await cluster.person("ben");
    const { id, sender } = await group(ben);
    const looking = await cluster.socket(ben, 1);
    const elsewhere = await cluster.socket(ben, 2);
    await looking.ok("join_conversation", { conversationId: id });
    const before = await socketsOn(1);
    looking.close();
    await eventually(
      "gw2 to notice",
      () => socketsOn(1),
      (now) => now === before - 1,
    );
    await cluster.send(sender, id, "anybody there?");
    await elsewhere.waitFor("notification", (line) => line.conversationId === id);
  });

  it("a muted member gets none until the mute is over", async () => {
    const ben = await cluster.person("ben");
    const { ana, id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    const mute = (until: string) =>
      cluster.sql(`UPDATE members SET muted_until = ${until} WHERE conversation_id = $1 AND user_id = $2`, [
        id,
        ben.id,
      ]);
    await mute("now() + interval '1 hour'");
    await cluster.send(sender, id, "quiet");
    await barrier(sender, ana, ben, reader);
    expect(reader.all("notification").filter((line) => line.conversationId === id)).toEqual([]);
    await mute("now() - interval '1 second'");
    await cluster.send(sender, id, "loud");
    expect(await reader.waitFor("notification", (line) => line.conversationId === id)).toMatchObject({
      seq: 2,
      count: 2,
    });
  });

  it("a job that runs again, also at the same time, changes and tells nothing", async () => {
    const ben = await cluster.person("ben");
    const { ana, id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    await cluster.send(sender, id, "once");
    await reader.waitFor("notification");
    const before = await lines(ben);
    const job = { outboxIds: [], messages: [{ conversationId: id, seq: 1, senderId: ana.id }] };
    await Promise.all(Array.from({ length: 10 }, (_, n) => runJob(`again-${n}-${id}`, job)));
    expect(await lines(ben)).toEqual(before);
    await barrier(sender, ana, ben, reader);
    expect(reader.all("notification").filter((line) => line.conversationId === id)).toHaveLength(1);
  });

  it("lines of one conversation are one line that rises, and a read mark reads it", async () => {
    const ben = await cluster.person("ben");
    const { id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    for (let n = 1; n <= 5; n++) {
      await cluster.send(sender, id, `message ${n}`);
      await reader.waitFor("notification", (line) => line.seq === n);
    }
    expect(await lines(ben)).toMatchObject([{ seq: "5", count: 5, read_at: null }]);
    await reader.ok("mark_read", { conversationId: id, seq: 5 });
    expect((await lines(ben))[0]!.read_at).not.toBeNull();
    await cluster.send(sender, id, "a new one");
    await reader.waitFor("notification", (line) => line.seq === 6);
    expect(await lines(ben)).toMatchObject([{ seq: "5" }, { seq: "6", count: 1, read_at: null }]);
  });

  it("whoever answers has read what came before: their line is read, and all their pages hear of it", async () => {
    const ben = await cluster.person("ben");
    const { id, sender } = await group(ben);
    const [phone, laptop] = [await cluster.socket(ben, 1), await cluster.socket(ben, 2)];
    await cluster.send(sender, id, "a question");
    await laptop.waitFor("notification", (line) => line.conversationId === id);
    await cluster.send(phone, id, "an answer");
    expect(await laptop.waitFor("unread", ({ count }) => count === 0)).toEqual({
      total: 0,
      conversationId: id,
      count: 0,
    });
    expect(await lines(ben)).toMatchObject([{ seq: "1", read_at: expect.any(Date) }]);
    await cluster.send(sender, id, "another question");
    expect(
      await laptop.waitFor("notification", (line) => line.conversationId === id && line.seq === 3),
    ).toMatchObject({ count: 1 });
  });

  it("a message read before the job ran is not announced any more", async () => {
    const ben = await cluster.person("ben");
    const { ana, id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    await cluster.send(sender, id, "read quickly");
    await reader.ok("mark_read", { conversationId: id, seq: 1 });
    const seen = reader.all("notification").length;
    await runJob(`late-${id}`, {
      outboxIds: [],
      messages: [{ conversationId: id, seq: 1, senderId: ana.id }],
    });
    await barrier(sender, ana, ben, reader);
    expect(
      reader.all("notification").filter((line) => line.conversationId === id).length,
    ).toBeLessThanOrEqual(seen + 1);
    expect((await lines(ben)).filter((line) => line.conversation_id === id && line.read_at === null)).toEqual(
      [],
    );
  });

  it("a queue that nobody empties gets no more: what waits stays in Postgres, and is done when there is room", async () => {
    const ben = await cluster.person("ben");
    const { id, sender } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    await queue.pause();
    const nothing: NotifyJob = { outboxIds: [], messages: [] };
    await queue.addBulk(
      Array.from({ length: mostWaitingJobs }, () => ({ name: queues.notify.name, data: nothing })),
    );
    const left = () =>
      cluster.sql("SELECT FROM outbox WHERE taken_at IS NULL AND created_at < now() - interval '3 seconds'");
    // Until the relay has noticed, it takes them as ever.
    let sent = 0;
    await eventually(
      "a row that is left",
      async () => {
        if ((await left()).length === 0) sent = (await cluster.send(sender, id, "wait")).seq;
        return left();
      },
      (rows) => rows.length > 0,
    );
    const waiting = await queue.getJobCountByTypes("waiting");
    expect(waiting).toBeGreaterThanOrEqual(mostWaitingJobs);
    expect(reader.all("notification")).toEqual([]);
    await queue.resume();
    await reader.waitFor("notification", (line) => line.conversationId === id && line.seq === sent);
  });

  it("a row of which nothing is left to do goes, though its last job was lost before it could take it", async () => {
    await cluster.sql(
      "INSERT INTO outbox (messages, todo, tries, taken_at) VALUES ('[]', 0, 1, now() - interval '1 minute')",
    );
    await eventually(
      "the outbox",
      () => cluster.sql("SELECT FROM outbox WHERE todo = 0"),
      (rows) => rows.length === 0,
    );
  });

  it("a queue that lost its jobs loses no work: the row stays until its job is done", async () => {
    const ben = await cluster.person("ben");
    const { ana, id } = await group(ben);
    const reader = await cluster.socket(ben, 1);
    // As a relay leaves it whose job was flushed away a minute ago.
    await cluster.sql(
      `INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
        VALUES ($1, 1, uuidv7(), $2, 'flushed', 0, 'kept', 1, now())`,
      [id, ana.id],
    );
    await cluster.sql("UPDATE conversations SET last_seq = 1, last_change = 1 WHERE id = $1", [id]);
    await cluster.sql("INSERT INTO outbox (messages, taken_at) VALUES ($1, now() - interval '1 minute')", [
      JSON.stringify([{ conversationId: id, seq: 1, senderId: ana.id }]),
    ]);
    await reader.waitFor("notification", (line) => line.conversationId === id && line.seq === 1);
    await eventually(
      "the outbox",
      () => cluster.sql("SELECT FROM outbox"),
      (rows) => rows.length === 0,
    );
  });
});
