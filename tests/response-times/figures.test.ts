import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import type {
  Distribution,
  ListedWait,
  ResponseTimes,
  Schedule,
  SellerFigures,
  WaitLine,
} from "@parloir/contracts/stats.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";

const cluster = await startCluster({ gateways: 1, apis: 2, workers: 1 });
afterAll(() => cluster.stop());

let agent: TestPerson;
let customer: TestPerson;
beforeAll(async () => {
  [agent, customer] = [await cluster.person("kim", "agent"), await cluster.person("ana")];
});

const base = "/api/stats/response-times";
const query = (path: string, params: Record<string, string>) => `${path}?${new URLSearchParams(params)}`;
const figures = (params: Record<string, string>) =>
  cluster.call<ResponseTimes>(agent, "GET", query(base, params));
const list = (params: Record<string, string>) =>
  cluster.call<Page<ListedWait>>(agent, "GET", query("/api/stats/waits", params));

interface Arranged {
  startedAt: string;
  seconds?: number;
  agentId?: string | null;
  assigneeId?: string | null;
  measure?: string;
  kind?: string;
  outcome?: string;
  businessSeconds?: number;
}

/** Waits as a worker would have written them, of conversations that are not there. */
async function arrange(waits: Arranged[]): Promise<void> {
  await cluster.sql(
    `INSERT INTO waits (conversation_id, cycle, start_seq, measure, kind, outcome, started_at, end_seq, ended_at,
      agent_id, assignee_id, ms, business_ms)
     SELECT uuidv7(), 1, 1, COALESCE(measure, 'first_reply'), COALESCE(kind, 'support'), COALESCE(outcome, 'answered'),
      "startedAt", 2, "startedAt" + make_interval(secs => seconds), "agentId", "assigneeId",
      seconds * 1000, "businessSeconds" * 1000
     FROM json_to_recordset($1) AS i("startedAt" timestamptz, seconds int, "agentId" text, "assigneeId" text,
      measure text, kind text, outcome text, "businessSeconds" int)`,
    [JSON.stringify(waits)],
  );
}

describe("a conversation", () => {
  it("is measured from its first question to its closing, and each figure leads to its messages", async () => {
    const { id } = await cluster.call<Conversation>(customer, "POST", "/api/messages/conversations", {
      kind: "support",
      subject: { type: "order", id: "figures", title: "Figures" },
    });
    const [asks, answers] = [await cluster.socket(customer), await cluster.socket(agent)];
    const open = async (n: number) =>
      eventually(
        "what waits",
        () => figures({ kind: "support" }),
        ({ waiting }) => waiting.n === n,
      );
    await cluster.send(asks, id, "hello?");
    await cluster.send(asks, id, "anybody?");
    const { waiting } = await open(1);
    expect(waiting.oldestSeconds).toBeGreaterThanOrEqual(0);
    await cluster.send(answers, id, "here");
    await cluster.send(asks, id, "and now?");
    await cluster.send(answers, id, "now this");
    await cluster.send(asks, id, "thanks");
    await cluster.call(agent, "POST", `/api/messages/conversations/${id}/close`);
    const all = await eventually(
      "the resolution",
      () => figures({ by: "end" }),
      // What waits now is read beside the figures, and perhaps a moment before them.
      (each) => each.resolution.n === 1 && each.waiting.n === 0,
    );
    expect([all.firstReply.n, all.nextReply.n, all.nextReply.unanswered]).toEqual([1, 1, 1]);
    const lines = (await list({ sort: "oldest" })).items.filter((line) => line.conversationId === id);
    expect(
      lines.map((line) => [line.measure, line.outcome, line.startSeq, line.endSeq, line.agentId]),
    ).toEqual([
      // It ends with the line that tells of the closing.
      ["resolution", "resolved", 0, 7, agent.id],
      ["first_reply", "answered", 1, 3, agent.id],
      ["next_reply", "answered", 4, 5, agent.id],
      ["next_reply", "closed_unanswered", 6, 7, null],
    ]);
    const times = await cluster.sql<{ seq: string; created_at: Date }>(
      "SELECT seq, created_at FROM messages WHERE conversation_id = $1 ORDER BY seq",
      [id],
    );
    const [first, , third] = times.map((row) => row.created_at.toISOString());
    expect(lines[1]).toMatchObject({ startedAt: first, endedAt: third });
  });

  it("that waits is told with who has it now, as the figures count it", async () => {
    const { id } = await cluster.call<Conversation>(customer, "POST", "/api/messages/conversations", {
      kind: "support",
      subject: { type: "order", id: "waiting", title: "Waiting" },
    });
    await cluster.send(await cluster.socket(customer), id, "is this mine?");
    const find = async () =>
      (await list({ outcome: "open" })).items.find((line) => line.conversationId === id);
    expect(await eventually("the wait", find, (line) => line !== undefined)).toMatchObject({
      assigneeId: null,
    });
    const path = `/api/messages/conversations/${id}`;
    await cluster.call(agent, "POST", `${path}/assign`, { assigneeId: agent.id, expected: null });
    expect(await find()).toMatchObject({ outcome: "open", agentId: null, assigneeId: agent.id });
    expect((await list({ outcome: "open", agentId: agent.id })).items).toHaveLength(1);
    await cluster.call(agent, "POST", `${path}/close`);
    await eventually("its end", find, (line) => line === undefined);
  });
});

describe("figures", () => {
  const day = "2024-03-05";
  beforeAll(async () => {
    await arrange(
      Array.from({ length: 100 }, (_, n) => ({
        startedAt: `${day}T10:00:00Z`,
        seconds: n + 1,
        agentId: n < 50 ? "kim.fast" : "kim.slow",
        ...(n < 10 ? { businessSeconds: 2 } : {}),
      })),
    );
    await arrange([
      {
        startedAt: `${day}T11:00:00Z`,
        seconds: 90_000,
        assigneeId: "kim.slow",
        outcome: "closed_unanswered",
      },
      { startedAt: `${day}T12:00:00Z`, seconds: 90_000, outcome: "closed_unanswered" },
      { startedAt: `${day}T12:00:00Z`, seconds: 30, kind: "direct", agentId: "tom", measure: "next_reply" },
    ]);
  });
  const range = { from: `${day}T00:00:00Z`, to: "2024-03-06T00:00:00Z" };

  it("are of the waits themselves: mean, percentiles, the longest, and how many went unanswered", async () => {
    const { firstReply, nextReply, resolution } = await figures(range);
    expect(firstReply).toEqual({
      n: 100,
      mean: 50.5,
      p50: 50.5,
      p90: 90.1,
      p95: 95.05,
      p99: 99.01,
      max: 100,
      unanswered: 2,
      open: 0,
      business: { n: 10, mean: 2, p50: 2, p90: 2, p95: 2, p99: 2, max: 2 },
    });
    expect([nextReply.n, nextReply.mean]).toEqual([1, 30]);
    expect(resolution).toMatchObject({ n: 0, mean: null, p50: null, max: null, unanswered: 0 });
  });

  it("are bounded by start or by end; the end of the range is not in it", async () => {
    expect((await figures({ ...range, by: "end" })).firstReply).toMatchObject({ n: 100, unanswered: 0 });
    const next = { from: range.to, to: "2024-03-07T00:00:00Z", by: "end" };
    expect((await figures(next)).firstReply).toMatchObject({ n: 0, unanswered: 2 });
    expect((await figures({ from: range.from, to: `${day}T10:00:00Z` })).firstReply.n).toBe(0);
  });

  it.each([
    [{ agentId: "kim.fast" }, 50, 0],
    [{ agentId: "kim.slow" }, 50, 1],
    [{ kind: "direct" }, 0, 0],
    [{ agentId: "nobody.here" }, 0, 0],
  ])("of %o", async (params, n, unanswered) => {
    expect((await figures({ ...range, ...params })).firstReply).toMatchObject({ n, unanswered });
  });

  it("by agent, what is nobody's included", async () => {
    const { groups } = await figures({ ...range, groupBy: "agent" });
    expect(
      groups!.map(({ key, firstReply }) => [key, firstReply.n, firstReply.p50, firstReply.unanswered]),
    ).toEqual([
      [null, 0, null, 1],
      ["kim.fast", 50, 25.5, 0],
      ["kim.slow", 50, 75.5, 1],
      ["tom", 0, null, 0],
    ]);
    const nobodys = await list({ ...range, nobody: "true" });
    expect(nobodys.items).toHaveLength(1);
  });

  it("name who is accountable, a seller as well, and say that this one is not of the team", async () => {
    const seller = await cluster.person("lena");
    const at = "2024-06-03T10:00:00Z";
    await arrange([
      { startedAt: at, seconds: 5, agentId: agent.id },
      { startedAt: at, seconds: 7, kind: "direct", agentId: seller.id },
      { startedAt: at, seconds: 9, agentId: "kim.gone" },
    ]);
    const bounds = { from: at, to: "2024-06-04T00:00:00Z" };
    const named = {
      [agent.id]: { userId: agent.id, name: "kim", role: "agent" },
      [seller.id]: { userId: seller.id, name: "lena", role: "client" },
      "kim.gone": null,
    };
    const { groups } = await figures({ ...bounds, groupBy: "agent" });
    expect(Object.fromEntries(groups!.map(({ key, who }) => [key, who]))).toEqual(named);
    const { items } = await list(bounds);
    expect(Object.fromEntries(items.map(({ agentId, who }) => [agentId, who]))).toEqual(named);
    expect((await figures({ ...bounds, groupBy: "day" })).groups![0]).not.toHaveProperty("who");
  });

  it("by how long they took, by the clock that is asked for; each bucket leads to its waits", async () => {
    const at = "2024-07-01T10:00:00Z";
    await arrange([
      { startedAt: at, seconds: 40 },
      { startedAt: at, seconds: 60, businessSeconds: 0 },
      { startedAt: at, seconds: 200, businessSeconds: 100 },
      { startedAt: at, seconds: 90_000, businessSeconds: 400 },
    ]);
    const bounds = { from: at, to: "2024-07-02T00:00:00Z" };
    const counts = async (clock: Record<string, string>) => {
      const path = query("/api/stats/distribution", { ...bounds, ...clock });
      const { firstReply } = await cluster.call<Distribution>(agent, "GET", path);
      return Object.fromEntries(firstReply.flatMap((n, bucket) => (n > 0 ? [[bucket, n]] : [])));
    };
    expect(await counts({})).toEqual({ 0: 2, 1: 1, 9: 1 });
    expect(await counts({ clock: "business" })).toEqual({ 0: 1, 1: 1, 2: 1 });
    const behind = async (wanted: Record<string, string>) =>
      (await list({ ...bounds, ...wanted })).items.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
    expect(await behind({ upTo: "60" })).toEqual([40, 60]);
    expect(await behind({ upTo: "60", clock: "business" })).toEqual([60]);
    expect(await behind({ longerThan: "300", upTo: "900", clock: "business" })).toEqual([90_000]);
  });

  it("by local day, and by hour, of which there are two when the clock repeats one", async () => {
    const hours = [
      "2024-10-26T23:30:00Z",
      "2024-10-27T00:30:00Z",
      "2024-10-27T01:30:00Z",
      "2024-10-27T23:30:00Z",
    ];
    await arrange(hours.map((startedAt) => ({ startedAt, seconds: 1 })));
    const bounds = { from: "2024-10-26T00:00:00Z", to: "2024-10-29T00:00:00Z", zone: "Europe/Paris" };
    const keys = async (groupBy: string) =>
      (await figures({ ...bounds, groupBy })).groups!.map(({ key, firstReply }) => [key, firstReply.n]);
    expect(await keys("day")).toEqual([
      ["2024-10-27", 3],
      ["2024-10-28", 1],
    ]);
    expect((await keys("hour")).map(([key]) => key)).toEqual([
      "2024-10-26T23:00:00Z",
      "2024-10-27T00:00:00Z",
      "2024-10-27T01:00:00Z",
      "2024-10-27T23:00:00Z",
    ]);
  });

  it("lead to their waits, page by page, each once; as a file they are the same", async () => {
    const wanted = { ...range, measure: "first_reply", outcome: "answered", agentId: "kim.slow" };
    const found: WaitLine[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Page<WaitLine> = await list({ ...wanted, limit: "7", ...(cursor ? { cursor } : {}) });
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(found).toHaveLength(50);
    expect(new Set(found.map((line) => line.conversationId)).size).toBe(50);
    const path = new URL(query("/api/stats/waits.csv", wanted), cluster.apis[0]!.url);
    const response = await fetch(path, { headers: { authorization: `Bearer ${agent.token}` } });
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe("attachment; filename=waits.csv");
    const [head, ...lines] = (await response.text()).trimEnd().split("\r\n");
    expect(head!.split(",").slice(0, 3)).toEqual(["conversationId", "cycle", "startSeq"]);
    expect(lines.map((line) => line.split(",")[0]).toSorted()).toEqual(
      found.map((line) => line.conversationId).toSorted(),
    );
  });

  it("as a file hold nothing that a spreadsheet would run", async () => {
    await arrange([{ startedAt: "2023-01-01T00:00:00Z", seconds: 1, agentId: "@SUM", assigneeId: "-1" }]);
    const path = query("/api/stats/waits.csv", { to: "2023-01-02T00:00:00Z" });
    const response = await fetch(new URL(path, cluster.apis[0]!.url), {
      headers: { authorization: `Bearer ${agent.token}` },
    });
    expect((await response.text()).split("\r\n")[1]).toContain(",'@SUM,'-1,1,");
  });
});

describe("a seller", () => {
  const seller = (id: string) => cluster.call<SellerFigures>(customer, "GET", `/api/stats/sellers/${id}`);
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const direct = (assigneeId: string, days: number, more: Partial<Arranged> = {}): Arranged => ({
    startedAt: daysAgo(days),
    seconds: 60,
    kind: "direct",
    agentId: assigneeId,
    assigneeId,
    ...more,
  });
  const hidden = { days: 90, samples: null, medianSeconds: null, replyRate: null };

  it("has a median and a reply rate over 90 days, of no fewer than five who wrote first", async () => {
    const four = [1, 2, 3, 100].map((days) => direct("tom.shop", days));
    await arrange([
      ...four,
      direct("tom.shop", 4, { measure: "next_reply" }),
      direct("tom.shop", 5, { seconds: 600 }),
    ]);
    expect(await seller("tom.shop")).toEqual({ userId: "tom.shop", ...hidden });
    await arrange([direct("tom.shop", 6, { seconds: 120 })]);
    expect(await seller("tom.shop")).toEqual({
      userId: "tom.shop",
      days: 90,
      samples: 5,
      medianSeconds: 60,
      replyRate: 1,
    });
  });

  it("cannot improve the rate by not answering; who wrote within the last day is not counted yet", async () => {
    const ignored = { outcome: "open", agentId: null };
    await arrange([1, 2, 3, 4].map((days) => direct("ron.shop", days)));
    await arrange(
      [direct("ron.shop", 2, ignored), direct("ron.shop", 0.5, ignored)].map(
        ({ seconds: _, ...open }) => open,
      ),
    );
    expect(await seller("ron.shop")).toMatchObject({ samples: 5, replyRate: 0.8 });
  });

  it("who does not exist is answered as one who is hidden", async () => {
    expect(await seller("nobody.at.all")).toEqual({ userId: "nobody.at.all", ...hidden });
  });

  it("is the one who was written to", async () => {
    const [zoe, tom] = [await cluster.person("zoe"), await cluster.person("tom")];
    const { id } = await cluster.conversation(zoe, tom);
    await cluster.send(await cluster.socket(zoe), id, "still for sale?");
    await cluster.send(await cluster.socket(tom), id, "yes");
    const find = () => list({ kind: "direct", agentId: tom.id });
    const { items } = await eventually("the reply", find, (page) => page.items[0]?.outcome === "answered");
    expect(items).toMatchObject([{ conversationId: id, assigneeId: tom.id, startSeq: 1, endSeq: 2 }]);
  });
});

describe("business hours", () => {
  const path = "/api/stats/schedules";
  const hours = [{ day: 1, from: "09:00", to: "12:00" }];

  it("are set by administrators, for later, and shown to agents", async () => {
    const admin = await cluster.person("sam", "admin");
    const set = (body: object) => cluster.rest(admin, "POST", path, { zone: "Europe/Paris", hours, ...body });
    expect((await cluster.rest(agent, "POST", path, { zone: "Europe/Paris", hours })).status).toBe(403);
    const validFrom = "2100-01-01T00:00:00.000Z";
    expect((await set({ validFrom, holidays: ["2100-12-25"] })).status).toBe(201);
    const { items } = await cluster.call<Page<Schedule>>(agent, "GET", path);
    expect(items).toEqual([{ validFrom, zone: "Europe/Paris", hours, holidays: ["2100-12-25"] }]);
    expect((await set({ validFrom, hours: [...hours, { day: 2, from: "00:00", to: "24:00" }] })).status).toBe(
      201,
    );
    expect((await cluster.call<Page<Schedule>>(agent, "GET", path)).items[0]!.hours).toHaveLength(2);
    const audited = await cluster.call<Page<object>>(admin, "GET", `/api/audit?target=${validFrom}`);
    expect(audited.items).toMatchObject([
      { action: "schedule.set", actor: { id: admin.id }, details: { zone: "Europe/Paris", holidays: [] } },
      { action: "schedule.set", actor: { id: admin.id }, details: { holidays: ["2100-12-25"] } },
    ]);
  });

  it.each<[string, object]>([
    ["in the past", { validFrom: "2020-01-01T00:00:00Z" }],
    ["of no zone", { zone: "Europe/Nowhere" }],
    ["of an offset", { zone: "+02:00" }],
    ["that overlap", { hours: [...hours, { day: 1, from: "11:00", to: "13:00" }] }],
    ["that end before they begin", { hours: [{ day: 1, from: "12:00", to: "09:00" }] }],
    ["at no time of day", { hours: [{ day: 1, from: "9:00", to: "25:00" }] }],
    ["on an eighth day", { hours: [{ day: 8, from: "09:00", to: "12:00" }] }],
    ["without any", { hours: [] }],
    ["with a holiday that is no day", { holidays: ["2026-02-30"] }],
  ])("%s are INVALID", async (_, body) => {
    const admin = await cluster.person("sam", "admin");
    const answer = await cluster.rest(admin, "POST", path, { zone: "UTC", hours, ...body });
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});

describe("who asks", () => {
  const paths = [base, "/api/stats/waits", "/api/stats/waits.csv", "/api/stats/schedules"];

  it.each(paths)("%s is for agents and server keys", async (path) => {
    expect((await cluster.rest(customer, "GET", path)).status).toBe(403);
    expect((await cluster.request(null, "GET", path)).status).toBe(401);
    const keyed = { headers: { authorization: "Bearer dev-server-key" } };
    expect((await fetch(new URL(path, cluster.apis[0]!.url), keyed)).status).toBe(200);
  });

  it.each([
    ["from after to", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
    ["to before the default from", { from: "2100-01-01T00:00:00Z" }],
    ["an impossible offset", { from: "2026-01-01T00:00:00+99:99" }],
    ["a zone of an impossible offset", { zone: "+99:99" }],
    ["a zone of an offset", { zone: "+02:00" }],
    ["a zone that is code", { zone: "UTC'; DROP TABLE waits; --" }],
    ["a zone with a NUL", { zone: "Europe/\u0000Paris" }],
    ["the 30th of February", { from: "2026-02-30T00:00:00Z" }],
    ["the year 0", { from: "0000-01-01T00:00:00Z" }],
    ["the year 10000", { to: "+010000-01-01T00:00:00Z" }],
    ["words", { from: "yesterday" }],
    ["too long", { from: "2000-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
    ["too many hours", { from: "2025-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z", groupBy: "hour" }],
    ["an unknown group", { groupBy: "month" }],
    ["an unknown bound", { by: "middle" }],
    ["an id that is none", { agentId: "a b" }],
    ["an unknown field", { percentile: "42" }],
  ])("for %s gets INVALID", async (_, params) => {
    const answer = await cluster.rest(agent, "GET", query(base, params));
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("with a cursor of another list gets INVALID", async () => {
    const { nextCursor } = await list({ limit: "1", to: "2024-12-31T00:00:00Z" });
    const answer = await cluster.rest(
      agent,
      "GET",
      query("/api/stats/waits", { limit: "1", cursor: nextCursor! }),
    );
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });
});
