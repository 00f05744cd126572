import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

/** Some backend of the cluster waits for a lock that this test holds. */
const blocked = () =>
  eventually(
    "a commit that waits",
    () =>
      cluster.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      ),
    (rows) => rows.length > 0,
  );

const lockKey = 4_711;

/** From now on every commit of a message waits, at the very end of its transaction, for this lock. */
async function delayCommits() {
  await cluster.sql(`CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(${lockKey}); RETURN NULL; END $$`);
  await cluster.sql(`CREATE CONSTRAINT TRIGGER wait_for_test AFTER INSERT ON outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_test()`);
}

describe("an ack never precedes COMMIT", () => {
  it("finds the row on another connection at the moment of every ack", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const socket = await cluster.socket(ana);
    for (let n = 1; n <= 40; n++) {
      const { seq, id: messageId } = await cluster.send(socket, id, `message ${n}`);
      const rows = await cluster.sql(
        "SELECT id, content FROM messages WHERE conversation_id = $1 AND seq = $2",
        [id, seq],
      );
      expect(rows).toEqual([{ id: messageId, content: `message ${n}` }]);
    }
  });

  it("neither acks nor pushes while the conversation is locked", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    const holder = await cluster.postgres.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM conversations WHERE id = $1 FOR UPDATE", [id]);

    let acked = false;
    const sent = cluster.send(sender, id).finally(() => {
      acked = true;
    });
    await blocked();
    // Both sockets have turned round since: an ack or a push would have come before these.
    await Promise.all([sender.ok("heartbeat", {}), reader.ok("heartbeat", {})]);
    expect(acked).toBe(false);
    expect(reader.messagesSoFar(id)).toEqual([]);

    await holder.query("ROLLBACK");
    holder.release();
    expect((await sent).seq).toBe(1);
    expect(await reader.messages(id, 1)).toHaveLength(1);
  });

  it("neither acks nor pushes while the statement is done and its COMMIT hangs, by socket and by REST", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const [sender, reader] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    await delayCommits();
    const holder = await cluster.postgres.connect();
    await holder.query("SELECT pg_advisory_lock($1)", [lockKey]);

    const settled: string[] = [];
    const note = (what: string) => () => void settled.push(what);
    const bySocket = cluster.send(sender, id).finally(note("ack"));
    const byRest = cluster
      .rest(ana, "POST", "/api/messages", {
        conversationId: id,
        clientMessageId: randomUUID(),
        content: "rest",
      })
      .finally(note("rest"));
    await blocked();
    await Promise.all([
      sender.ok("heartbeat", {}),
      reader.ok("heartbeat", {}),
      cluster.rest(ana, "GET", "/api/me"),
    ]);
    expect(settled).toEqual([]);
    expect(reader.messagesSoFar(id)).toEqual([]);

    await holder.query("SELECT pg_advisory_unlock($1)", [lockKey]);
    holder.release();
    await Promise.all([bySocket, byRest]);
    await cluster.sql("DROP FUNCTION wait_for_test CASCADE");
    expect((await reader.messages(id, 2)).map((message) => message.seq)).toEqual([1, 2]);
  });

  it("acks no message whose COMMIT fails, and stores the retry once", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const socket = await cluster.socket(ana);
    await delayCommits();
    const holder = await cluster.postgres.connect();
    await holder.query("SELECT pg_advisory_lock($1)", [lockKey]);
    const sent = cluster.send(socket, id, "survives a killed backend");
    const [victim] = await blocked();
    await cluster.sql("SELECT pg_terminate_backend($1)", [victim!.pid]);
    await holder.query("SELECT pg_advisory_unlock($1)", [lockKey]);
    holder.release();

    // The gateway asks again by itself, with the same clientMessageId.
    expect(await sent).toMatchObject({ seq: 1 });
    await cluster.sql("DROP FUNCTION wait_for_test CASCADE");
    expect(await cluster.sql("SELECT seq FROM messages WHERE conversation_id = $1", [id])).toHaveLength(1);
    // «a commit failed», as it should be.
    cluster.errors.length = 0;
  });
});

describe("conversations that another commit changes while this one waits for them", () => {
  /**
   * Postgres then evaluates the row again (EvalPlanQual). In 18.4 that leaves run-time partition pruning of the same
   * statement with freed memory: the backend crashed, and the whole server with it, in about one run of five.
   */
  it("are read again, and Postgres survives that, batch after batch", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async () => (await cluster.conversation(ana, ben, await cluster.person("c"))).id),
    );
    const sockets = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];
    const perRound = 160;
    const rounds = 15;
    for (let round = 1; round <= rounds; round++) {
      const holder = await cluster.postgres.connect();
      try {
        await holder.query("BEGIN");
        await holder.query("UPDATE conversations SET updated_at = updated_at WHERE id = ANY ($1)", [ids]);
        const sends = Array.from({ length: perRound }, (_, n) =>
          cluster.send(sockets[n % 2]!, ids[n % ids.length]!, "x".repeat(1 + ((n * 37) % 400))),
        );
        await blocked();
        await holder.query("COMMIT");
        await Promise.all(sends);
      } finally {
        holder.release();
      }
    }
    for (const id of ids) {
      const rows = await cluster.sql<{ seq: number }>(
        "SELECT seq::int FROM messages WHERE conversation_id = $1 ORDER BY seq",
        [id],
      );
      expect(rows.map((row) => row.seq)).toEqual(
        Array.from({ length: (rounds * perRound) / ids.length }, (_, n) => n + 1),
      );
    }
    // A backend that crashes takes every connection with it.
    expect(cluster.errors).toEqual([]);
  });
});
