import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AuditAction, type AuditEntry, auditActions } from "@parloir/contracts/audit.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster();
afterAll(() => cluster.stop());

let [root, kim, ana, ben, customer]: TestPerson[] = [];
beforeAll(async () => {
  root = await cluster.person("root", "admin");
  kim = await cluster.person("kim", "agent");
  ana = await cluster.person("ana");
  ben = await cluster.person("ben");
  customer = await cluster.person("customer");
});

/** What is to stand in the audit log, besides the action. */
type Told = Pick<AuditEntry, "actor" | "target"> & { details?: object };

const byKey = { kind: "key", id: "bootstrap" } as const;
const byAnyone = { kind: "anyone", id: null } as const;
const by = ({ id }: TestPerson) => ({ kind: "person", id }) as const;
const asRoot = <T = { id: string }>(method: string, path: string, body?: unknown) =>
  cluster.call<T>(root!, method, path, body);
const asHost = async (method: string, path: string, body?: unknown) => {
  const answer = await cluster.request(serverKey, method, path, body);
  expect(answer.body.error).toBeUndefined();
};

const password = "correct horse battery staple";
async function signer() {
  const { id } = await cluster.person("signer");
  const email = `${id}@example.org`;
  await asHost("PUT", `/api/users/${id}`, { name: "Signer", email });
  await asRoot("PUT", `/api/users/${id}/password`, { password });
  const signIn = (given: string) =>
    fetch(`${cluster.apiUrl}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password: given }),
    });
  return { id, signIn };
}

const hook = () =>
  asRoot<{ id: string }>("POST", "/api/webhooks", { url: "https://hooks.example/x", name: "Hook" });
const key = () => asRoot<{ id: string }>("POST", "/api/keys", { name: "Key", scopes: ["users:read"] });
const group = () => cluster.conversation(ana!, ben!, kim!);
const channel = () => `ticket:${randomUUID()}`;
const support = () =>
  cluster.call<Conversation>(customer!, "POST", "/api/messages/conversations", { kind: "support" });

/** One way to do each: it answers what is to be told of it. */
const acts: Partial<Record<AuditAction, () => Promise<Told>>> = {
  async "key.created"() {
    const { id } = await key();
    return { actor: by(root!), target: id, details: { name: "Key", scopes: ["users:read"] } };
  },
  async "key.rotated"() {
    const { id } = await key();
    await asRoot("POST", `/api/keys/${id}/rotate`);
    return { actor: by(root!), target: id };
  },
  async "key.revoked"() {
    const { id } = await key();
    await asRoot("DELETE", `/api/keys/${id}`);
    return { actor: by(root!), target: id };
  },
  async "role.changed"() {
    const { id } = await cluster.person("climber");
    await asHost("PUT", `/api/users/${id}`, { name: "C", role: "agent" });
    return { actor: byKey, target: id, details: { from: "client", to: "agent" } };
  },
  async "user.revoked"() {
    const { id } = await cluster.person("revoked");
    await asRoot("POST", `/api/users/${id}/revoke`);
    return { actor: by(root!), target: id };
  },
  async "user.banned"() {
    const { id } = await cluster.person("banned");
    await asRoot("PUT", `/api/users/${id}/ban`, { reason: "spam" });
    return { actor: by(root!), target: id, details: { reason: "spam" } };
  },
  async "user.unbanned"() {
    const { id } = await cluster.person("unbanned");
    await asRoot("PUT", `/api/users/${id}/ban`);
    await asRoot("DELETE", `/api/users/${id}/ban`);
    return { actor: by(root!), target: id };
  },
  async "user.exported"() {
    await cluster.call(ben!, "GET", `/api/users/${ben!.id}/export`);
    return { actor: by(ben!), target: ben!.id };
  },
  async "user.erased"() {
    const { id } = await cluster.person("erased");
    await asRoot("DELETE", `/api/users/${id}?messages=keep`);
    return { actor: by(root!), target: id, details: { keepMessages: true } };
  },
  async "password.set"() {
    const { id } = await signer();
    return { actor: by(root!), target: id };
  },
  async "session.started"() {
    const { id, signIn } = await signer();
    expect((await signIn(password)).status).toBe(201);
    return { actor: byAnyone, target: id };
  },
  async "session.refused"() {
    const { id, signIn } = await signer();
    expect((await signIn("wrong")).status).toBe(401);
    return { actor: byAnyone, target: id };
  },
  async "session.ended"() {
    const { id, signIn } = await signer();
    const cookie = (await signIn(password)).headers.get("set-cookie")!.split(";")[0]!;
    await fetch(`${cluster.apiUrl}/api/session`, { method: "DELETE", headers: { cookie } });
    return { actor: byAnyone, target: id };
  },
  async "webhook.created"() {
    const { id } = await hook();
    return { actor: by(root!), target: id, details: { name: "Hook" } };
  },
  async "webhook.changed"() {
    const { id } = await hook();
    await asRoot("PATCH", `/api/webhooks/${id}`, { name: "Other" });
    return { actor: by(root!), target: id, details: { name: "Other" } };
  },
  async "webhook.rotated"() {
    const { id } = await hook();
    await asRoot("POST", `/api/webhooks/${id}/rotate`);
    return { actor: by(root!), target: id };
  },
  async "webhook.deleted"() {
    const { id } = await hook();
    await asRoot("DELETE", `/api/webhooks/${id}`);
    return { actor: by(root!), target: id, details: { name: "Hook" } };
  },
  async "webhook.replayed"() {
    const { id } = await hook();
    await asRoot("POST", `/api/webhooks/${id}/replay`);
    return { actor: by(root!), target: id, details: { count: 0 } };
  },
  async "node.harmed"() {
    const freeze = () => cluster.rest(root!, "POST", "/api/cluster/nodes/gw1/harm", { harm: "freeze" });
    await eventually("the gateway to be known", freeze, ({ status }) => status === 202);
    return { actor: by(root!), target: "gw1", details: { harm: "freeze" } };
  },
  async "member.added"() {
    const { id } = await group();
    await cluster.call(ana!, "POST", `/api/messages/conversations/${id}/members`, { userId: customer!.id });
    return { actor: by(ana!), target: id, details: { userId: customer!.id } };
  },
  async "member.removed"() {
    const { id } = await group();
    await cluster.call(ana!, "DELETE", `/api/messages/conversations/${id}/members/${ben!.id}`);
    return { actor: by(ana!), target: id, details: { userId: ben!.id } };
  },
  async "conversation.assigned"() {
    const { id } = await support();
    const body = { assigneeId: kim!.id, expected: null };
    await cluster.call(kim!, "POST", `/api/messages/conversations/${id}/assign`, body);
    return { actor: by(kim!), target: id, details: { from: null, to: kim!.id } };
  },
  async "desk.changed"() {
    await asRoot("PATCH", `/api/support/desks/${kim!.id}`, { capacity: 3 });
    return { actor: by(root!), target: kim!.id, details: { capacity: 3 } };
  },
  async "support.set"() {
    await asRoot("PATCH", "/api/support/settings", { defaultCapacity: 7 });
    return { actor: by(root!), target: null, details: { defaultCapacity: 7 } };
  },
  async "channel.granted"() {
    const target = channel();
    await asHost("PUT", `/api/channels/${target}/members/${ana!.id}`);
    return { actor: byKey, target, details: { userId: ana!.id } };
  },
  async "channel.withdrawn"() {
    const target = channel();
    await asHost("PUT", `/api/channels/${target}/members/${ana!.id}`);
    await asHost("DELETE", `/api/channels/${target}/members/${ana!.id}`);
    return { actor: byKey, target, details: { userId: ana!.id } };
  },
  async "announcement.sent"() {
    const announcement = { title: "Maintenance", message: "Back at noon." };
    await asRoot("POST", "/api/announcements", { role: "technician", ...announcement });
    return { actor: by(root!), target: "technician", details: announcement };
  },
  async "schedule.set"() {
    const validFrom = "2100-01-01T00:00:00.000Z";
    const body = { validFrom, zone: "Europe/Paris", hours: [{ day: 1, from: "09:00", to: "12:00" }] };
    await asRoot("POST", "/api/stats/schedules", body);
    return { actor: by(root!), target: validFrom, details: { zone: "Europe/Paris" } };
  },
};

/** What needs more than a request is asked for where it happens. */
const elsewhere: Partial<Record<AuditAction, string>> = {
  "session.reused": "session.test.ts",
  "webhook.disabled": "webhooks.test.ts",
  "flight.read": "flights.test.ts",
  "node.drained": "cluster-view.test.ts",
};

async function newest(action: string): Promise<AuditEntry | undefined> {
  const { items } = await asRoot<Page<AuditEntry>>("GET", `/api/audit?action=${action}&limit=1`);
  return items[0];
}

describe("the audit log", () => {
  it("has a test for everything that it is said to record", () => {
    expect([...Object.keys(acts), ...Object.keys(elsewhere)].toSorted()).toEqual(
      Object.keys(auditActions).toSorted(),
    );
    for (const [action, file] of Object.entries(elsewhere))
      expect(readFileSync(new URL(file, import.meta.url), "utf8")).toContain(action);
  });

  it.each(Object.entries(acts))(
    "tells of %s: who, whom, what, from where, by which request",
    async (action, act) => {
      const before = await newest(action);
      const told = await act();
      const entry = await newest(action);
      expect(entry?.id).not.toBe(before?.id);
      expect(entry).toMatchObject({
        action,
        ...told,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        address: expect.stringContaining("127.0.0.1"),
      });
    },
  );

  it("tells of nothing that did not happen", async () => {
    const ticket = channel();
    const { id } = await group();
    const { id: revoked } = await key();
    await asRoot("DELETE", `/api/keys/${revoked}`);
    const count = () => cluster.sql("SELECT FROM audit").then((rows) => rows.length);
    const before = await count();
    await asHost("DELETE", `/api/channels/${ticket}/members/${ana!.id}`);
    await asRoot("DELETE", `/api/keys/${revoked}`);
    await cluster.rest(ana!, "POST", `/api/messages/conversations/${id}/members`, { userId: ben!.id });
    await cluster.rest(ana!, "DELETE", `/api/messages/conversations/${id}/members/${customer!.id}`);
    for (const [person, method, path, body, status] of [
      [root!, "POST", "/api/cluster/nodes/nobody/harm", { harm: "kill" }, 404],
      [root!, "PATCH", `/api/support/desks/${ana!.id}`, { capacity: 3 }, 404],
      [root!, "DELETE", `/api/webhooks/${randomUUID()}`, undefined, 404],
      [kim!, "PATCH", "/api/support/settings", { defaultCapacity: 7 }, 403],
      [ana!, "POST", "/api/announcements", { title: "x", message: "y" }, 403],
    ] as const) {
      const answer = await cluster.rest(person, method, path, body);
      expect([path, answer.status]).toEqual([path, status]);
    }
    expect(await count()).toBe(before);
  });
});
