import { randomUUID } from "node:crypto";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({
  gateways: 1,
  workers: 0,
  env: {
    RETAIN_MESSAGES_DAYS: "100",
    RETAIN_CLOSED_DAYS: "10",
    RETAIN_NOTIFICATIONS_DAYS: "5",
    RETAIN_AUDIT_DAYS: "30",
  },
});
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";

async function ticket() {
  const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
  const { id } = await cluster.call<Conversation>(ana, "POST", base, { kind: "support" });
  const socket = await cluster.socket(ana);
  for (const text of ["help", "me"]) await cluster.send(socket, id, text);
  await cluster.call(kim, "POST", `${base}/${id}/notes`, { clientNoteId: randomUUID(), content: "noted" });
  return { ana, kim, id };
}

/** What people wrote: lines of the closing stay, and hold no text of anybody's. */
const texts = async (reader: TestPerson, id: string) =>
  (await cluster.call<HistoryPage>(reader, "GET", `/api/messages?conversationId=${id}&after=0`)).messages
    .filter((message) => message.kind === "text")
    .map((message) => message.content);
const notes = async (agent: TestPerson, id: string) =>
  (await cluster.call<{ items: object[] }>(agent, "GET", `${base}/${id}/notes`)).items.length;

/** What workers have taken away, all together. */
async function removed(what: string): Promise<number> {
  let sum = 0;
  for (const worker of cluster.workers) {
    const { values } = await worker.metrics.get("parloir_retention_removed_total").get();
    for (const { labels, value } of values) if (labels.what === what) sum += value;
  }
  return sum;
}

const age = (table: string, column: string, days: number, where: string, values: unknown[]) =>
  cluster.sql(
    `UPDATE ${table} SET ${column} = now() - make_interval(days => ${days}) WHERE ${where}`,
    values,
  );

describe("retention", () => {
  it("takes away what is older than the policy says, once with two workers, and nothing else", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id: long } = await cluster.conversation(ana, ben);
    const socket = await cluster.socket(ana);
    const sent = Array.from({ length: 1_203 }, (_, n) => `text ${n}`);
    for (let from = 0; from < sent.length; from += 401)
      await Promise.all(sent.slice(from, from + 401).map((text) => cluster.send(socket, long, text)));
    await age("messages", "created_at", 101, "conversation_id = $1 AND seq <= 1201", [long]);
    const [old, fresh, open] = [await ticket(), await ticket(), await ticket()];
    for (const { kim, id } of [old, fresh]) await cluster.call(kim, "POST", `${base}/${id}/close`);
    await age("conversations", "closed_at", 11, "id = $1", [old.id]);
    await age("conversations", "closed_at", 9, "id = $1", [fresh.id]);
    for (const [seq, days] of [
      [1, 6],
      [2, 4],
    ]) {
      await cluster.sql(
        `INSERT INTO notifications (user_id, conversation_id, seq, type, count, created_at, read_at)
         VALUES ($1, $2, $3, 'message', 1, now() - make_interval(days => $4), now())`,
        [ben.id, long, seq, days],
      );
    }
    await age("audit", "at", 31, "target = $1 AND action = 'role.changed'", [old.kim.id]);

    await Promise.all([cluster.addWorker(), cluster.addWorker()]);
    await eventually(
      "audit lines taken away",
      () => removed("audit"),
      (count) => count > 0,
    );

    const [counted] = await cluster.sql(
      `SELECT count(*) FILTER (WHERE content = '' AND deleted_at IS NOT NULL)::int AS empty,
        count(DISTINCT change)::int AS changes, max(change)::int AS last, array_agg(seq::int ORDER BY seq) AS seqs
       FROM messages WHERE conversation_id = $1`,
      [long],
    );
    expect(counted).toMatchObject({ empty: 1_201, changes: 1_203, last: 1_203 + 1_201 });
    expect(counted!.seqs).toEqual(sent.map((_, n) => n + 1));
    expect((await texts(ben, long)).slice(0, 2)).toEqual(["", ""]);
    expect([await texts(old.ana, old.id), await notes(old.kim, old.id)]).toEqual([["", ""], 0]);
    for (const { ana: customer, kim, id } of [fresh, open])
      expect([await texts(customer, id), await notes(kim, id)]).toEqual([["help", "me"], 1]);
    const lines = await cluster.sql(
      "SELECT seq::int FROM notifications WHERE user_id = $1 AND read_at IS NOT NULL",
      [ben.id],
    );
    expect(lines).toEqual([{ seq: 2 }]);
    expect(await cluster.sql("SELECT 1 FROM audit WHERE target = $1", [old.kim.id])).toEqual([]);
    expect(await cluster.sql("SELECT 1 FROM audit WHERE target = $1", [fresh.kim.id])).toHaveLength(1);
    // Each once, however many workers there are.
    expect([await removed("messages"), await removed("notes")]).toEqual([1_203, 1]);
  });
});
