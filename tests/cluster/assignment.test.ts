import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation, SharedConversation } from "@parloir/contracts/shapes.ts";
import type { CustomerContext, Desk, SupportSettings } from "@parloir/contracts/support.ts";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

/** Two workers, because two must not give more than one could. */
const cluster = await startCluster({ gateways: 1, workers: 2 });
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";
const admin = await cluster.person("root", "admin");
const set = (change: Partial<SupportSettings>) =>
  cluster.call<SupportSettings>(admin, "PATCH", "/api/support/settings", change);
const deskOf = async (userId: string) =>
  (await cluster.call<Page<Desk>>(admin, "GET", "/api/support/desks?limit=200")).items.find(
    (each) => each.userId === userId,
  )!;
const setDesk = (by: TestPerson, userId: string, change: object) =>
  cluster.rest(by, "PATCH", `/api/support/desks/${userId}`, change);

beforeEach(async () => {
  await set({ assignment: "off", defaultCapacity: 2 });
  await cluster.sql("UPDATE conversations SET status = 'closed'");
  await cluster.sql("UPDATE desks SET accepting = false");
});

async function ticket(): Promise<string> {
  const customer = await cluster.person("customer");
  return (await cluster.call<Conversation>(customer, "POST", base, { kind: "support" })).id;
}

const assigneeOf = async (id: string) =>
  (await cluster.call<SharedConversation>(admin, "GET", `${base}/${id}`)).assigneeId;
const waitFor = <T>(read: () => Promise<T>, expected: T) =>
  vi.waitFor(async () => expect(await read()).toEqual(expected), { timeout: 30_000, interval: 100 });

/** An agent who is online, and a switch that lets them take something. */
async function agent(name: string, change: object = {}) {
  const person = await cluster.person(name, "agent");
  const socket = await cluster.socket(person);
  await setDesk(person, person.id, { accepting: true, ...change });
  return { person, socket };
}

describe("automatic assignment", () => {
  it("gives in turn, the oldest first, and not beyond anybody's capacity", async () => {
    const ids = [await ticket(), await ticket(), await ticket(), await ticket()];
    const kim = await agent("kim", { capacity: 2 });
    const lou = await agent("lou", { capacity: 1 });
    await set({ assignment: "round_robin" });
    const given = () => Promise.all(ids.map(assigneeOf));
    await vi.waitFor(async () => expect((await given()).filter((id) => id !== null)).toHaveLength(3), {
      timeout: 30_000,
    });
    const [first, second, third, fourth] = await given();
    expect(new Set([first, second])).toEqual(new Set([kim.person.id, lou.person.id]));
    expect([third, fourth]).toEqual([kim.person.id, null]);
    await kim.socket.waitFor("conversation_added", ({ conversationId }) => ids.includes(conversationId));
    // Room appears: the fourth is given.
    await cluster.call(lou.person, "POST", `${base}/${ids[first === lou.person.id ? 0 : 1]}/close`);
    await waitFor(() => assigneeOf(ids[3]!), lou.person.id);
    expect(await deskOf(kim.person.id)).toMatchObject({ capacity: 2, open: 2, accepting: true });
  });

  it("gives to whom has the fewest", async () => {
    const [kim, lou] = [await agent("kim", { capacity: 9 }), await agent("lou", { capacity: 9 })];
    const busy = [await ticket(), await ticket()];
    for (const id of busy)
      await cluster.call(kim.person, "POST", `${base}/${id}/assign`, {
        assigneeId: kim.person.id,
        expected: null,
      });
    await set({ assignment: "least_busy" });
    const next = [await ticket(), await ticket()];
    for (const id of next) await waitFor(() => assigneeOf(id), lou.person.id);
  });

  it("gives nothing to who is offline, does not accept, or has no room, until that changes", async () => {
    const away = await cluster.person("away", "agent");
    await setDesk(away, away.id, { accepting: true });
    const kim = await agent("kim", { accepting: false });
    const lou = await agent("lou", { capacity: 0 });
    const id = await ticket();
    await set({ assignment: "round_robin" });
    // Long enough for the workers to have looked: a later one is given while this one was not.
    const jo = await agent("jo", { capacity: 1 });
    await waitFor(() => assigneeOf(id), jo.person.id);
    const next = await ticket();
    await setDesk(lou.person, lou.person.id, { capacity: 1 });
    await waitFor(() => assigneeOf(next), lou.person.id);
    const last = await ticket();
    await setDesk(kim.person, kim.person.id, { accepting: true });
    await waitFor(() => assigneeOf(last), kim.person.id);
  });
});

describe("desks and settings", () => {
  it("are for agents; the settings and others' desks are changed by admins", async () => {
    const [ana, kim, lou] = [
      await cluster.person("ana"),
      await cluster.person("kim", "agent"),
      await cluster.person("lou", "agent"),
    ];
    for (const path of ["/api/support/desks", "/api/support/settings"])
      expect((await cluster.rest(ana, "GET", path)).status).toBe(403);
    expect((await cluster.rest(kim, "PATCH", "/api/support/settings", { assignment: "off" })).status).toBe(
      403,
    );
    expect((await setDesk(kim, lou.id, { capacity: 1 })).status).toBe(403);
    expect((await setDesk(admin, lou.id, { capacity: 1 })).status).toBe(200);
    expect((await setDesk(admin, ana.id, { capacity: 1 })).status).toBe(404);
    expect((await setDesk(lou, lou.id, { capacity: null })).body.data).toMatchObject({ capacity: 2 });
    for (const bad of [{}, { capacity: -1 }, { capacity: 1.5 }, { accepting: "yes" }, { open: 1 }])
      expect((await setDesk(lou, lou.id, bad)).status).toBe(400);
  });
});

describe("the context of a conversation", () => {
  it("says who the customer is, what else they had, and what they waited for; to agents", async () => {
    const [ana, kim] = [await cluster.person("ana"), await cluster.person("kim", "agent")];
    const create = (title: string) =>
      cluster.call<Conversation>(ana, "POST", base, {
        kind: "support",
        subject: { type: "order", id: title, title },
      });
    const [old, now] = [await create("old"), await create("now")];
    const socket = await cluster.socket(ana);
    await cluster.send(socket, now.id, "help");
    const read = () => cluster.call<CustomerContext>(kim, "GET", `${base}/${now.id}/context`);
    await vi.waitFor(async () => expect((await read()).waits).toHaveLength(1), { timeout: 30_000 });
    const { customer, earlier, total, waits } = await read();
    expect(customer).toMatchObject({ userId: ana.id, name: ana.name });
    expect(earlier).toMatchObject([{ id: old.id, status: "open", subject: { title: "old" } }]);
    expect(total).toBe(1);
    expect(waits).toMatchObject([{ conversationId: now.id, outcome: "open", measure: "first_reply" }]);
    expect((await cluster.rest(ana, "GET", `${base}/${now.id}/context`)).status).toBe(403);
    const { id } = await cluster.conversation(ana, kim);
    expect((await cluster.rest(kim, "GET", `${base}/${id}/context`)).status).toBe(404);
  });
});
