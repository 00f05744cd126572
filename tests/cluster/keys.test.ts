import { allScopes, type NewServerKey, type Scope, type ServerKey } from "@parloir/contracts/keys.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster({ gateways: 1, apis: 2 });
afterAll(() => cluster.stop());
let admin: TestPerson;
beforeAll(async () => {
  admin = await cluster.person("admin", "admin");
});

const make = (scopes: Scope[], more: object = {}, by = admin.token) =>
  cluster.call<NewServerKey>({ token: by }, "POST", "/api/keys", { name: "back end", scopes, ...more });

/** Status of the same request with this key, at each of the two apis. */
async function statuses(key: string, method = "GET", path = "/api/users/nobody.here", body?: unknown) {
  const answers = cluster.apis.map(({ url }) => cluster.request(key, method, `${url}${path}`, body));
  return (await Promise.all(answers)).map(({ status }) => status);
}

describe("a server key", () => {
  it("is shown once, kept as a hash, and used at every api", async () => {
    const made = await make(["users:read"]);
    expect(made.key.startsWith(`${made.prefix}_`)).toBe(true);
    expect(await statuses(made.key)).toEqual([404, 404]);
    const list = (await cluster.rest(admin, "GET", "/api/keys")).body.data as { items: ServerKey[] };
    const { key: secret, ...shown } = made;
    expect(list.items.find(({ id }) => id === made.id)).toEqual({
      ...shown,
      lastUsedAt: expect.any(String),
    });
    const stored = JSON.stringify(await cluster.sql("SELECT k::text FROM api_keys k"));
    expect(JSON.stringify(list) + stored).not.toContain(secret.slice(made.prefix.length + 1));
  });

  it.each([
    ["users:read", "PUT", "/api/users/someone", { name: "Someone" }],
    ["users:write", "POST", "/api/tokens", { userId: "someone" }],
    ["tokens:mint", "POST", "/api/messages/conversations", { memberIds: ["someone"] }],
    ["audit:read", "GET", "/api/users/someone", undefined],
    ["users:read", "GET", "/api/audit", undefined],
    ["audit:read", "GET", "/api/keys", undefined],
    ["audit:read", "POST", "/api/keys", { name: "x", scopes: ["audit:read"] }],
  ] as const)("that may only %s is FORBIDDEN %s %s", async (scope, method, path, body) => {
    const { key } = await make([scope]);
    const { status, body: answer } = await cluster.request(key, method, path, body);
    expect([status, answer.error?.code]).toEqual([403, "FORBIDDEN"]);
  });

  it("is no person: 401 where one is needed", async () => {
    const { key } = await make(allScopes);
    expect(await statuses(key, "GET", "/api/me")).toEqual([401, 401]);
  });

  it("that manages keys gives no more than it has itself", async () => {
    const manager = await make(["keys:manage", "users:read"]);
    const more = await make(["tokens:mint"]);
    const wanted = { name: "more", scopes: ["keys:manage", "tokens:mint"] };
    expect((await cluster.request(manager.key, "POST", "/api/keys", wanted)).status).toBe(403);
    expect((await cluster.request(manager.key, "POST", `/api/keys/${more.id}/rotate`)).status).toBe(403);
    expect((await make(["users:read"], {}, manager.key)).createdBy).toBe(`key:${manager.id}`);
  });

  it("that was revoked is refused at every api, also where it was used a moment ago", async () => {
    const made = await make(["users:read"]);
    expect(await statuses(made.key)).toEqual([404, 404]);
    const ended = await cluster.call<ServerKey>(admin, "DELETE", `/api/keys/${made.id}`);
    expect(ended.revokedAt).not.toBeNull();
    await eventually(
      "the key to be refused everywhere",
      () => statuses(made.key),
      (all) => all.every((status) => status === 401),
    );
    expect(await cluster.call(admin, "DELETE", `/api/keys/${made.id}`)).toEqual(ended);
  });

  it("that expires is refused from then on", async () => {
    const made = await make(["users:read"], { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect(await statuses(made.key)).toEqual([404, 404]);
    await cluster.sql("UPDATE api_keys SET expires_at = now() WHERE id = $1", [made.id]);
    await eventually(
      "the key to expire",
      () => statuses(made.key),
      (all) => all.every((status) => status === 401),
    );
  });

  it("that was rotated goes on beside its successor for the grace, and no longer", async () => {
    const old = await make(["users:read"]);
    const next = await cluster.call<NewServerKey>(admin, "POST", `/api/keys/${old.id}/rotate`);
    expect(next).toMatchObject({ name: old.name, scopes: old.scopes });
    expect([await statuses(old.key), await statuses(next.key)]).toEqual([
      [404, 404],
      [404, 404],
    ]);
    expect((await cluster.rest(admin, "POST", `/api/keys/${old.id}/rotate`)).status).toBe(409);
    const last = await cluster.call<NewServerKey>(admin, "POST", `/api/keys/${next.id}/rotate`, {
      graceSeconds: 0,
    });
    await eventually(
      "the replaced key to end",
      () => statuses(next.key),
      (all) => all.every((status) => status === 401),
    );
    expect(await statuses(last.key)).toEqual([404, 404]);
  });

  it.each([
    ["no scope", { name: "x", scopes: [] }],
    ["an unknown scope", { name: "x", scopes: ["root"] }],
    ["a scope of every object", { name: "x", scopes: ["constructor"] }],
    ["a NUL", { name: "a\u0000b", scopes: ["users:read"] }],
    ["a lone surrogate", { name: "\ud800", scopes: ["users:read"] }],
    ["an end that has passed", { name: "x", scopes: ["users:read"], expiresAt: "1970-01-01T00:00:00Z" }],
    ["an unknown field", { name: "x", scopes: ["users:read"], key: "mine" }],
    ["no name", { scopes: ["users:read"] }],
  ])("with %s is INVALID", async (_, body) => {
    const answer = await cluster.rest(admin, "POST", "/api/keys", body);
    expect([answer.status, answer.body.error?.code]).toEqual([400, "INVALID"]);
  });

  it("that there is none of is NOT_FOUND", async () => {
    const id = "00000000-0000-7000-8000-000000000000";
    expect((await cluster.rest(admin, "DELETE", `/api/keys/${id}`)).status).toBe(404);
    expect((await cluster.rest(admin, "POST", `/api/keys/${id}/rotate`)).status).toBe(404);
  });

  it("is no person's business below admin", async () => {
    const agent = await cluster.person("agent", "agent");
    for (const [method, path] of [
      ["GET", "/api/keys"],
      ["POST", "/api/keys"],
      ["GET", "/api/audit"],
      ["GET", `/api/users/${agent.id}`],
    ] as const) {
      const { status, body } = await cluster.rest(agent, method, path);
      expect([path, status, body.error?.code]).toEqual([path, 403, "FORBIDDEN"]);
    }
  });

  it.each(["parloir_aaaaaaaa_", "parloir_aaaaaaaa_%00", "parloir_' OR 1=1--", "dev-server-key "])(
    "that is %s is 401",
    async (key) => {
      const answer = await cluster.request(key, "GET", "/api/users/x");
      // A trailing blank is no part of the header.
      expect(answer.status).toBe(key.trim() === serverKey ? 404 : 401);
    },
  );
});

describe("the list of keys", () => {
  it("comes in pages, newest first, each key once", async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await make(["stats:read"], { name: `paged ${n}` })).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "limit=2" : `limit=2&cursor=${cursor}`;
      const page: { items: ServerKey[]; nextCursor: string | null } = await cluster.call(
        admin,
        "GET",
        `/api/keys?${query}`,
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.slice(0, 5)).toEqual(made);
    expect(new Set(seen).size).toBe(seen.length);
    const audit = await cluster.rest(admin, "GET", `/api/audit?cursor=${"x".repeat(40)}`);
    expect(audit.status).toBe(400);
  });
});

describe("the audit log", () => {
  interface Entry {
    actor: { kind: string; id: string };
    action: string;
    target: string;
    details: unknown;
    requestId: string;
    address: string;
  }
  const entries = (query: string) =>
    cluster.call<{ items: Entry[]; nextCursor: string | null }>(admin, "GET", `/api/audit?${query}`);

  it("tells who made, rotated and revoked a key, from where, under which request", async () => {
    const made = await make(["users:read"]);
    await cluster.call(admin, "POST", `/api/keys/${made.id}/rotate`);
    await cluster.call(admin, "DELETE", `/api/keys/${made.id}`);
    await cluster.call(admin, "DELETE", `/api/keys/${made.id}`);
    const { items } = await entries(`target=${made.id}`);
    expect(items.map(({ action }) => action)).toEqual(["key.revoked", "key.rotated", "key.created"]);
    for (const { actor, requestId, address } of items) {
      expect(actor).toEqual({ kind: "person", id: admin.id });
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(address).toContain("127.0.0.1");
    }
  });

  it("tells who took whom out of a conversation, and nothing of who leaves", async () => {
    const [ana, ben, cleo] = [
      await cluster.person("ana"),
      await cluster.person("ben"),
      await cluster.person("cleo"),
    ];
    const { id } = await cluster.conversation(ana, ben, cleo);
    await cluster.call(cleo, "POST", `/api/messages/conversations/${id}/leave`);
    const removal = `/api/messages/conversations/${id}/members/${ben.id}`;
    await cluster.call(ana, "DELETE", removal);
    await cluster.call(ana, "DELETE", removal);
    const { items } = await entries(`target=${id}`);
    expect(items).toMatchObject([
      { action: "member.removed", actor: { kind: "person", id: ana.id }, details: { userId: ben.id } },
    ]);
  });

  it("tells every change of a role and nothing of other changes, in pages of the same filter", async () => {
    const put = (role?: string) =>
      cluster.request(serverKey, "PUT", "/api/users/climber", { name: "C", ...(role ? { role } : {}) });
    for (const role of [undefined, "agent", "agent", undefined, "admin", "client"]) await put(role);
    const first = await entries("action=role.changed&target=climber&limit=2");
    const rest = await entries(`action=role.changed&target=climber&limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ details, actor }) => [details, actor.id])).toEqual([
      [{ from: "admin", to: "client" }, "bootstrap"],
      [{ from: "agent", to: "admin" }, "bootstrap"],
      [{ from: "client", to: "agent" }, "bootstrap"],
    ]);
    expect(rest.nextCursor).toBeNull();
    const foreign = await cluster.rest(admin, "GET", `/api/audit?cursor=${first.nextCursor}`);
    expect(foreign.status).toBe(400);
  });
});
