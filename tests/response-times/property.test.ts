import { randomUUID } from "node:crypto";
import { bucketGrowth } from "@parloir/contracts/histogram.ts";
import { bySystem } from "@parloir/store/audit.ts";
import { commitMessages } from "@parloir/store/commit.ts";
import { createOrGetConversation } from "@parloir/store/creation.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { putPerson } from "@parloir/store/people.ts";
import { rollUp } from "@parloir/store/rollups.ts";
import { assign, enterToAnswer, setStatus, undoClose } from "@parloir/store/support.ts";
import { rebuildWaits } from "@parloir/worker/response-times/rebuild.ts";
import { writeWaitsOf } from "@parloir/worker/response-times/write.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";
import { type LogEvent, type ReferenceWait, waitsByTheBook } from "./reference.ts";

const clone = await cloneDatabase();
const database = createDatabase({
  url: clone.url,
  poolSize: 4,
  applicationName: "property",
  onError: () => undefined,
});
afterAll(async () => {
  await database.close();
  await clone.drop();
});

const agents = ["kim", "lou"];
beforeAll(async () => {
  for (const id of agents) await putPerson(database, { id, name: id, role: "agent" }, bySystem);
  await putPerson(database, { id: "friend", name: "friend" }, bySystem);
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: "ask" } as const) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("answer" as const), by: fc.constantFrom(...agents) }) },
  { weight: 1, arbitrary: fc.constant({ do: "chat" } as const) },
  { weight: 1, arbitrary: fc.constant({ do: "system" } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("status" as const),
      to: fc.constantFrom("closed", "closed", "open", "pending"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "undo" } as const) },
  { weight: 1, arbitrary: fc.constant({ do: "closeMeasureUndo" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("assign" as const), to: fc.constantFrom(...agents, null) }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "measure" } as const) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A support conversation on which steps are taken, and the log as the one who takes them would write it down. */
async function support() {
  const customer = `customer.${randomUUID()}`;
  await putPerson(database, { id: customer, name: customer }, bySystem);
  const memberIds = [customer, "friend"];
  const { id } = await createOrGetConversation(
    database,
    { kind: "support", createdBy: customer, memberIds, pair: [customer, null], subject: null },
    bySystem,
  );
  for (const agent of agents) await enterToAnswer(database, id, agent);
  const now = await row<{ at: string }>("SELECT created_at AS at FROM conversations WHERE id = $1");
  const log: LogEvent[] = [];
  let status = "open";

  async function row<R>(text: string): Promise<R> {
    return (await database.query<R>({ name: text.slice(0, 60), text, values: [id] }))[0]!;
  }

  async function say(by: string, side: "customer" | "team" | "neither") {
    const [stored] = await commitMessages(database, [
      {
        conversationId: id,
        senderId: by,
        clientMessageId: randomUUID(),
        content: "…",
        fingerprint: "1",
        replyToSeq: null,
        mentions: null,
      },
    ]);
    const at = stored!.created_at!;
    if (stored!.reopened) {
      told({ seq: stored!.seq! - 1, createdAt: at });
      log.push({ type: "opened", at });
      status = "open";
    }
    log.push({ type: "message", seq: stored!.seq!, by, side, at });
  }

  /** The line of what happened stands where a message would, and is nobody's. */
  function told(line: { seq: number; createdAt: string } | null) {
    if (line) log.push({ type: "message", seq: line.seq, by: "", side: "neither", at: line.createdAt });
  }

  const take: { [Do in Step["do"]]: (step: Extract<Step, { do: Do }>) => Promise<void> } = {
    ask: () => say(customer, "customer"),
    answer: ({ by }) => say(by, "team"),
    chat: () => say("friend", "neither"),
    async system() {
      await say("kim", "neither");
      await row(
        "UPDATE messages SET kind = 'system' WHERE conversation_id = $1 AND seq = (SELECT last_seq FROM conversations WHERE id = $1)",
      );
    },
    async status({ to }) {
      const { changed, line, conversation } = await setStatus(database, id, to as "open", {
        userId: "kim",
        isAgent: true,
      });
      if (!changed) return;
      told(line);
      if (to === "closed") log.push({ type: "closed", by: "kim", at: conversation.updatedAt });
      else if (status === "closed") log.push({ type: "opened", at: conversation.updatedAt });
      status = to;
    },
    async undo() {
      if (status !== "closed") return;
      const undone = await undoClose(database, id, { userId: "kim", isAgent: true });
      status = undone.conversation.status;
      log.splice(
        log.findLastIndex((event) => event.type === "closed"),
        1,
      );
      told(undone.line);
    },
    async closeMeasureUndo() {
      await run({ do: "status", to: "closed" });
      await run({ do: "measure" });
      await run({ do: "undo" });
    },
    async assign({ to }) {
      const { assigneeId } = (await row<{ assigneeId: string | null }>(
        `SELECT assignee_id AS "assigneeId" FROM conversations WHERE id = $1`,
      ))!;
      const { line } = await assign(
        database,
        id,
        { assigneeId: to, expected: assigneeId },
        { userId: "kim", isAgent: true },
        bySystem,
      );
      told(line);
      log.push({ type: "assigned", to, at: "" });
    },
    measure: async () => void (await writeWaitsOf(database, [id, id])),
  };
  const run = (each: Step) => (take[each.do] as (step: Step) => Promise<void>)(each);
  return { id, run, expected: () => waitsByTheBook(now.at, log) };
}

function stored(id: string): Promise<ReferenceWait[]> {
  return database.query<ReferenceWait>({
    name: "stored",
    text: `SELECT cycle, start_seq AS "startSeq", measure, outcome, started_at AS "startedAt", end_seq AS "endSeq",
      ended_at AS "endedAt", agent_id AS "agentId", assignee_id AS "assigneeId"
      FROM waits WHERE conversation_id = $1 ORDER BY cycle, start_seq`,
    values: [id],
  });
}

const dump = () =>
  database.query<{ wait: unknown }>({
    name: "dump",
    text: "SELECT to_json(w) AS wait FROM waits w ORDER BY conversation_id, cycle, start_seq",
    values: [],
  });

describe("random conversations", () => {
  it("have the waits that the book says, whenever and however often jobs ran", async () => {
    const steps = fc.array(step, { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { id, run, expected } = await support();
        for (const each of all) await run(each);
        await Promise.all([writeWaitsOf(database, [id]), writeWaitsOf(database, [id])]);
        expect(await stored(id)).toEqual(expected());
      }),
      { numRuns: 40 },
    );
  });

  it("keep every row of theirs when all is rebuilt, and get every lost row back", async () => {
    const before = await dump();
    expect(before.length).toBeGreaterThan(50);
    expect(await rebuildWaits(database)).toMatchObject({ changed: 0, removed: 0 });
    expect(await dump()).toEqual(before);
    const sabotage = [
      "DELETE FROM waits WHERE start_seq % 3 = 1",
      "UPDATE waits SET agent_id = 'somebody', ms = ms + 1 WHERE start_seq % 3 = 2",
      "DELETE FROM wait_progress WHERE seq % 2 = 1",
      `INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at)
        SELECT conversation_id, 99, 99, 'first_reply', 'support', 'open', now() FROM wait_progress`,
    ];
    for (const text of sabotage) await database.query({ name: text.slice(0, 40), text, values: [] });
    while ((await rollUp(database, 100, bucketGrowth)) > 0);
    const { changed, removed } = await rebuildWaits(database);
    expect([changed > 0, removed > 0]).toEqual([true, true]);
    expect(await dump()).toEqual(before);
    // Rollups hear of every row that came, changed or went.
    while ((await rollUp(database, 100, bucketGrowth)) > 0);
    const [{ rolled, all } = { rolled: 0, all: -1 }] = await database.query<{ rolled: number; all: number }>({
      name: "count",
      text: `SELECT (SELECT sum(n) FROM rollups WHERE by = 'start' AND part <> 'business')::int AS rolled,
        (SELECT count(*) FROM waits)::int AS all`,
      values: [],
    });
    expect(rolled).toBe(all);
  });

  it("of more messages than are read at once are read to their end", async () => {
    const { id, run, expected } = await support();
    for (let n = 0; n < 3; n++) {
      await run({ do: "ask" });
      await database.query({
        name: "many",
        text: `WITH v AS (UPDATE conversations SET last_seq = last_seq + 1500 WHERE id = $1 RETURNING last_seq)
          INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, content, change, created_at)
          SELECT $1::uuid, n, uuidv7(), 'friend', n::text, 0, '', n, now()
          FROM v, generate_series(v.last_seq - 1499, v.last_seq) n`,
        values: [id],
      });
      await run({ do: "answer", by: "kim" });
    }
    await writeWaitsOf(database, [id]);
    expect(await stored(id)).toEqual(expected());
    expect(await stored(id)).toHaveLength(3);
  });
});
