import type { Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

const path = "/api/messages/conversations";
const racers = 50;

/** Creates at once, by turns through both apis; answers the statuses and the ids. */
async function race(creators: [TestPerson, object][]) {
  const answers = await Promise.all(
    Array.from({ length: racers }, (_, index) => {
      const [creator, body] = creators[index % creators.length]!;
      return cluster.rest(creator, "POST", path, body);
    }),
  );
  return {
    created: answers.filter((answer) => answer.status === 201).length,
    repeated: answers.filter((answer) => answer.status === 200).length,
    ids: [...new Set(answers.map((answer) => (answer.body.data as Conversation).id))],
  };
}

const subject = { type: "order", id: "A-1", title: "Order A-1" };

describe("50 racing creates give one conversation", () => {
  it.each([
    ["of a direct pair from one side", false, (_: TestPerson, b: TestPerson) => ({ recipientId: b.id })],
    ["of a direct pair from both sides", true, (_: TestPerson, b: TestPerson) => ({ recipientId: b.id })],
    ["with a subject", true, (_: TestPerson, b: TestPerson) => ({ recipientId: b.id, subject })],
    [
      "with a listing",
      true,
      (_: TestPerson, b: TestPerson) => ({ recipientId: b.id, adId: "7", adTitle: "Bike" }),
    ],
    ["of support", false, () => ({ kind: "support" })],
    ["of support with a subject", false, () => ({ kind: "support", subject })],
  ])("%s", async (_, bothSides, bodyOf) => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const creators: [TestPerson, object][] = [[ana, bodyOf(ana, ben)]];
    if (bothSides) creators.push([ben, bodyOf(ben, ana)]);
    const { created, repeated, ids } = await race(creators);
    expect(ids).toHaveLength(1);
    expect([created, repeated]).toEqual([1, racers - 1]);
    const rows = await cluster.sql("SELECT id FROM conversations WHERE created_by = ANY ($1)", [
      [ana.id, ben.id],
    ]);
    expect(rows).toEqual([{ id: ids[0] }]);
    const members = await cluster.sql("SELECT user_id FROM members WHERE conversation_id = $1", [ids[0]]);
    expect(members).toHaveLength("recipientId" in bodyOf(ana, ben) ? 2 : 1);
  });

  it("which all of them see whole: both members, whoever won", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const answers = await Promise.all(
      Array.from({ length: racers }, (_, index) => {
        const [from, to] = index % 2 === 0 ? [ana, ben] : [ben, ana];
        return cluster.call<Conversation>(from, "POST", path, { recipientId: to.id });
      }),
    );
    for (const { participants } of answers) {
      expect(participants.map((each) => each.userId)).toEqual([ana.id, ben.id].sort());
    }
  });
});

describe("a host that names the members of a conversation that exists", () => {
  it("brings in who is none, or no longer one, and they hear what follows", async () => {
    const key = { token: serverKey };
    const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
    const body = { kind: "support", memberIds: [ana.id, kim.id] };
    const { id } = await cluster.call<Conversation>(key, "POST", path, body);
    await cluster.call(key, "DELETE", `${path}/${id}/members/${kim.id}`);
    const anaSocket = await cluster.socket(ana, 0);
    const kimSocket = await cluster.socket(kim, 1);
    expect((await cluster.rest(key, "POST", path, body)).status).toBe(200);
    await kimSocket.waitFor("conversation_added", (added) => added.conversationId === id);
    await cluster.send(anaSocket, id, "welcome back");
    // Before it may come the lines of the going and the coming: an agent sees all of a support conversation.
    await kimSocket.waitFor("new_message", (message) => message.content === "welcome back");
    const { participants } = await cluster.call<Conversation>(ana, "GET", `${path}/${id}`);
    expect(participants).toHaveLength(2);
  });
});

describe("not the same conversation", () => {
  it("is the one about another subject, none, or of another kind", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const bodies = [
      { recipientId: ben.id },
      { recipientId: ben.id, subject },
      { recipientId: ben.id, subject: { ...subject, id: "A-2" } },
      { recipientId: ben.id, subject: { ...subject, type: "invoice" } },
      { kind: "support" },
      { kind: "group", memberIds: [ben.id] },
      { kind: "group", memberIds: [ben.id] },
    ];
    const ids = await Promise.all(
      bodies.map(async (body) => (await cluster.call<Conversation>(ana, "POST", path, body)).id),
    );
    expect(new Set(ids).size).toBe(bodies.length);
  });

  it("is created for somebody who does not exist: NOT_FOUND, and nothing is left behind", async () => {
    const ana = await cluster.person("ana");
    const answer = await cluster.rest(ana, "POST", path, { recipientId: "nobody" });
    expect([answer.status, answer.body.error?.code]).toEqual([404, "NOT_FOUND"]);
    expect(await cluster.sql("SELECT FROM conversations WHERE created_by = $1", [ana.id])).toEqual([]);
  });

  it.each([
    ["direct without recipient", () => ({ kind: "direct" })],
    ["direct with oneself", (self: string) => ({ recipientId: self })],
    ["direct with members", (self: string) => ({ kind: "direct", recipientId: "x", memberIds: [self] })],
    ["group without members", () => ({ kind: "group" })],
    ["group of nobody", () => ({ kind: "group", memberIds: [] })],
    ["support with a recipient", () => ({ kind: "support", recipientId: "x" })],
    ["a subject and a listing", () => ({ kind: "support", subject, adId: "1" })],
    ["a listing's title alone", () => ({ kind: "support", adTitle: "Bike" })],
    ["an unknown kind", () => ({ kind: "secret" })],
    ["an unknown field", () => ({ kind: "support", status: "closed" })],
  ])("is %s: INVALID", async (_, bodyOf) => {
    const ana = await cluster.person("ana");
    const answer = await cluster.rest(ana, "POST", path, bodyOf(ana.id));
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});
