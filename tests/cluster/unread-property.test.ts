import { randomUUID } from "node:crypto";
import { bySystem } from "@parloir/store/audit.ts";
import { commitMessages } from "@parloir/store/commit.ts";
import { clearConversation, findConversation, headsOfPeople } from "@parloir/store/conversations.ts";
import { createOrGetConversation } from "@parloir/store/creation.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { raiseMarks, unreadSummary, unreadTotals } from "@parloir/store/marks.ts";
import { addMember, removeMember } from "@parloir/store/members.ts";
import { writeNotifications } from "@parloir/store/notifications.ts";
import { putPerson } from "@parloir/store/people.ts";
import { setStatus } from "@parloir/store/support.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloneDatabase } from "../setup/database.ts";

/**
 * Unread is arithmetic over marks, heads and the numbers of system lines. Whatever happens in whatever order, it equals
 * what counting the messages gives, wherever it is asked for.
 */
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

const people = ["ana", "ben", "cal"];
const host = { userId: null, isAgent: false };
const kim = { userId: "kim", isAgent: true };
beforeAll(async () => {
  for (const id of people) await putPerson(database, { id, name: id }, bySystem);
  await putPerson(database, { id: "kim", name: "kim", role: "agent" }, bySystem);
});

const who = fc.constantFrom(...people);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("send" as const), who, count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("mark" as const), who, back: fc.integer({ min: 0, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("add" as const), who: fc.constantFrom("ben", "cal") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("remove" as const), who: fc.constantFrom("ben", "cal") }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("status" as const),
      to: fc.constantFrom("closed" as const, "open" as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Ana's support conversation, in which ben and cal come and go. */
async function conversation(): Promise<string> {
  const { id } = await createOrGetConversation(
    database,
    {
      kind: "support",
      createdBy: "ana",
      memberIds: people,
      pair: ["ana", null],
      subject: { type: "case", id: randomUUID(), title: "A case" },
    },
    bySystem,
  );
  return id;
}

async function take(id: string, one: Step): Promise<void> {
  if (one.do === "send") {
    const messages = Array.from({ length: one.count }, () => ({
      conversationId: id,
      senderId: one.who,
      clientMessageId: randomUUID(),
      content: "x",
      fingerprint: "1",
      replyToSeq: null,
      mentions: null,
    }));
    await commitMessages(database, messages);
  } else if (one.do === "mark") {
    const { lastSeq } = (await findConversation(database, id, "ana"))!;
    const [row] = await raiseMarks(database, [
      { userId: one.who, conversationId: id, seq: Math.max(0, lastSeq - one.back) },
    ]);
    if (row) expect(row.unreadCount, "the answer to a mark").toBe((await counted(id)).get(one.who));
  } else if (one.do === "clear") await clearConversation(database, id, one.who);
  else if (one.do === "add") await addMember(database, id, one.who, host, bySystem);
  else if (one.do === "remove") await removeMember(database, id, one.who, host, bySystem);
  else await setStatus(database, id, one.to, kim);
}

/** Of each member, by counting. */
async function counted(id: string): Promise<Map<string, number>> {
  const { rows } = await clone.pool.query<{ id: string; count: number }>(
    `SELECT p.user_id AS id, (SELECT count(*)::int FROM messages m WHERE m.conversation_id = $1 AND m.kind <> 'system'
        AND m.seq > GREATEST(p.last_read_seq, p.joined_seq, p.cleared_seq)) AS count
      FROM members p WHERE p.conversation_id = $1 AND p.left_at IS NULL`,
    [id],
  );
  return new Map(rows.map((row) => [row.id, row.count]));
}

async function expectTheCount(id: string): Promise<void> {
  const due = await counted(id);
  const heads = await headsOfPeople(database, people, 200);
  const totals = await unreadTotals(database, people);
  for (const [userId, count] of due) {
    expect((await findConversation(database, id, userId))!.unreadCount).toBe(count);
    expect(heads.get(userId)!.find((head) => head.id === id)!.unreadCount).toBe(count);
    const { total, conversations } = await unreadSummary(database, userId);
    expect([conversations[id] ?? 0, totals.get(userId)]).toEqual([count, total]);
  }
  const lines = await writeNotifications(
    database,
    people.map((userId) => ({ userId, conversationId: id })),
  );
  for (const { userId, unreadCount } of lines) expect(unreadCount).toBe(due.get(userId));
}

describe("unread counts", () => {
  it("equal the messages that people have not read, and system lines are none of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const id = await conversation();
        for (const each of steps) {
          await take(id, each);
          await expectTheCount(id);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("cost one look-up of the newest line before the mark, however many lines there are", async () => {
    const id = await conversation();
    for (let n = 0; n < 40; n++)
      for (const status of ["closed", "open"] as const) await setStatus(database, id, status, kim);
    const { rows } = await clone.pool.query<{ "QUERY PLAN": string }>(
      `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT number FROM system_lines
        WHERE conversation_id = '${id}' AND seq <= 40 ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(/Index Scan Backward.*rows=1/);
    expect((await findConversation(database, id, "ben"))!.unreadCount).toBe(0);
  });
});
