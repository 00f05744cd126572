import { randomBytes, randomUUID } from "node:crypto";
import type { CannedReply } from "@parloir/contracts/canned-replies.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type { Agent } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ apis: 2 });
afterAll(() => cluster.stop());

const path = "/api/canned-replies";
const agent = await cluster.person("kim", "agent");
const fresh = (change: object = {}) => ({
  shortcut: `s-${randomBytes(4).toString("hex")}`,
  title: "Refund",
  content: "Dear {customer.name}, we have refunded {subject.title}.",
  ...change,
});
const add = (body: object, by: TestPerson = agent) => cluster.rest(by, "POST", path, body);
const list = async (query = "") =>
  (await cluster.call<Page<CannedReply>>(agent, "GET", `${path}?limit=200${query}`)).items;

describe("canned replies", () => {
  it("are made, changed by any agent, found by their texts and language, and deleted", async () => {
    const other = await cluster.person("lou", "admin");
    const word = randomBytes(4).toString("hex");
    const made = (await add(fresh({ title: `About ${word}`, locale: "fr" }))).body.data as CannedReply;
    expect(made).toMatchObject({ locale: "fr", updatedBy: agent.id });
    const changed = await cluster.call<CannedReply>(other, "PATCH", `${path}/${made.id}`, {
      content: "Bonjour",
    });
    expect(changed).toMatchObject({
      ...made,
      content: "Bonjour",
      updatedBy: other.id,
      updatedAt: changed.updatedAt,
    });
    expect(await list(`&q=${word.toUpperCase()}`)).toEqual([changed]);
    expect(await list(`&q=${word}&locale=en`)).toEqual([]);
    expect(await list(`&q=${word}&locale=fr`)).toEqual([changed]);
    await cluster.call(agent, "PATCH", `${path}/${made.id}`, { locale: null });
    expect(await list(`&q=${word}&locale=en`)).toHaveLength(1);
    for (let repeat = 0; repeat < 2; repeat++)
      expect((await cluster.rest(other, "DELETE", `${path}/${made.id}`)).status).toBe(200);
    expect(await list(`&q=${word}`)).toEqual([]);
    expect((await cluster.rest(other, "PATCH", `${path}/${made.id}`, { title: "x" })).status).toBe(404);
  });

  it("have a shortcut of their own, in whatever case: one of those who race gets it", async () => {
    const body = fresh();
    const racing = Array.from({ length: 10 }, (_, n) =>
      add({ ...body, shortcut: n % 2 ? body.shortcut : body.shortcut.toUpperCase() }),
    );
    const statuses = (await Promise.all(racing)).map((answer) => answer.status);
    expect(statuses.sort()).toEqual([201, ...Array(9).fill(409)]);
    const second = (await add(fresh())).body.data as CannedReply;
    const taken = await cluster.rest(agent, "PATCH", `${path}/${second.id}`, { shortcut: body.shortcut });
    expect([taken.status, taken.body.error?.code]).toEqual([409, "CONFLICT"]);
  });

  it("are paged by shortcut", async () => {
    await Promise.all(Array.from({ length: 5 }, () => add(fresh())));
    const whole = (await list()).map((each) => each.shortcut);
    const paged: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await cluster.call<Page<CannedReply>>(agent, "GET", `${path}?limit=2${cursor}`);
      paged.push(...page.items.map((each) => each.shortcut));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(whole);
    expect(paged).toEqual(paged.toSorted());
  });

  it.each([
    ["a placeholder that does not exist", { content: "{customer.password}" }, "INVALID"],
    ["a shortcut with a blank", { shortcut: "two words" }, "INVALID"],
    ["no text", { content: "  " }, "INVALID"],
    ["NUL", { title: "a\u0000b" }, "INVALID"],
    ["a lone surrogate", { content: "\ud800" }, "INVALID"],
    ["4,001 characters", { content: "x".repeat(4_001) }, "TOO_LARGE"],
    ["a language that is none", { locale: "français" }, "INVALID"],
    ["an unknown field", { updatedBy: "other" }, "INVALID"],
  ])("with %s are refused", async (_, change, code) => {
    expect((await add(fresh(change))).body.error?.code).toBe(code);
  });

  it("are for agents: FORBIDDEN for everybody else, whether they exist or not", async () => {
    const { id } = (await add(fresh())).body.data as CannedReply;
    for (const role of ["client", "technician"] as const) {
      const person = await cluster.person("other", role);
      expect((await add(fresh(), person)).status).toBe(403);
      for (const each of [id, randomUUID()]) {
        expect((await cluster.rest(person, "PATCH", `${path}/${each}`, { title: "x" })).status).toBe(403);
        expect((await cluster.rest(person, "DELETE", `${path}/${each}`)).status).toBe(403);
      }
      expect((await cluster.rest(person, "GET", path)).status).toBe(403);
    }
  });
});

describe("the list of agents", () => {
  it("names agents and admins, to agents only", async () => {
    const [client, lou] = [await cluster.person("client"), await cluster.person("lou", "admin")];
    const { items } = await cluster.call<Page<Agent>>(agent, "GET", "/api/agents?limit=200");
    const found = items.filter((each) => [agent.id, lou.id, client.id].includes(each.userId));
    expect(found).toEqual([
      { userId: agent.id, name: "kim", role: "agent" },
      { userId: lou.id, name: "lou", role: "admin" },
    ]);
    expect((await cluster.rest(client, "GET", "/api/agents")).status).toBe(403);
  });
});
