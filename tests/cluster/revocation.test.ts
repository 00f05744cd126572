import type { Standing } from "@parloir/contracts/shapes.ts";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownRedis } from "../resilience/servers.ts";
import { eventually } from "../setup/waiting.ts";
import { jwtSecret, serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const redis = await ownRedis();
const cluster = await startCluster({ gateways: 2, apis: 2, env: { REDIS_URL: redis.url } });
afterAll(async () => {
  await cluster.stop();
  await redis.remove();
});
let admin: TestPerson;
beforeAll(async () => {
  admin = await cluster.person("admin", "admin");
});

const revoke = (person: TestPerson) =>
  cluster.call<Standing>(admin, "POST", `/api/users/${person.id}/revoke`);
const ban = (person: TestPerson, body?: object) =>
  cluster.call<Standing>(admin, "PUT", `/api/users/${person.id}/ban`, body);
const unban = (person: TestPerson) => cluster.call<Standing>(admin, "DELETE", `/api/users/${person.id}/ban`);

/** As an outside issuer would make it. */
async function issued(userId: string, iat: number | null): Promise<string> {
  const token = new SignJWT(iat === null ? {} : { iat })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(userId)
    .setIssuer("parloir")
    .setAudience("parloir")
    .setExpirationTime("10m");
  return token.sign(new TextEncoder().encode(jwtSecret));
}

/** What each api answers to this token, until all agree. */
async function answers(token: string): Promise<[number, string | undefined][]> {
  const all = cluster.apis.map(({ url }) => cluster.request(token, "GET", `${url}/api/me`));
  return (await Promise.all(all)).map(({ status, body }) => [status, body.error?.code]);
}
const untilAll = (token: string, code: string) =>
  eventually(
    `every api to answer ${code}`,
    () => answers(token),
    (all) => all.every(([, each]) => each === code),
  );

async function expectClosed(sockets: TestSocket[]): Promise<void> {
  for (const socket of sockets) {
    await socket.disconnected();
    expect(socket.all("error")).toEqual([{ code: "UNAUTHENTICATED", message: expect.any(String) }]);
    // Between gateways and apis only.
    expect(socket.received.some(({ event }) => event === "tokens_revoked")).toBe(false);
  }
}

describe("a person whose tokens are revoked", () => {
  it("loses every socket on every gateway, and every token, also where it was used a moment ago", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    await answers(ana.token);
    const sockets = await Promise.all([0, 1, 1].map((gateway) => cluster.socket(ana, gateway)));
    const calm = await cluster.socket(ben);
    expect(await revoke(ana)).toMatchObject({ userId: ana.id, bannedAt: null });
    await expectClosed(sockets);
    await untilAll(ana.token, "UNAUTHENTICATED");
    expect(await cluster.connect(ana.token).refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
    await calm.ok("heartbeat", {});
  });

  it("comes back at once with a token that was minted afterwards, as often as it happens", async () => {
    const ana = await cluster.person("ana");
    for (let round = 0; round < 5; round++) {
      await revoke(ana);
      const token = await cluster.token(ana.id);
      const socket = await cluster.socket({ token });
      await socket.ok("heartbeat", {});
      expect((await answers(token)).map(([status]) => status)).toEqual([200, 200]);
      expect(await cluster.connect(ana.token).refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
      // The next round revokes this one.
      ana.token = token;
    }
  });

  it("keeps no socket alive by refreshing it with an older token, and does with a newer one", async () => {
    const ana = await cluster.person("ana");
    await revoke(ana);
    const socket = await cluster.socket({ token: await cluster.token(ana.id) });
    const refusal = await socket.refused("refresh_token", { token: ana.token });
    expect(refusal).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    await socket.ok("refresh_token", { token: await cluster.token(ana.id) });
    await socket.ok("heartbeat", {});
  });

  it("is refused by tokens of an outside issuer that are older, or do not say how old they are", async () => {
    const ana = await cluster.person("ana");
    const now = () => Math.floor(Date.now() / 1_000);
    const [older, silent] = [await issued(ana.id, now() - 60), await issued(ana.id, null)];
    for (const token of [older, silent]) expect((await answers(token))[0]).toEqual([200, undefined]);
    await revoke(ana);
    for (const token of [older, silent]) {
      await untilAll(token, "UNAUTHENTICATED");
      expect(await cluster.connect(token).refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
    }
    expect((await answers(await issued(ana.id, now() + 1)))[0]).toEqual([200, undefined]);
  });
});

describe("a banned person", () => {
  it("gets neither token, socket nor answer until the ban is lifted", async () => {
    const ana = await cluster.person("ana");
    const socket = await cluster.socket(ana, 1);
    const standing = await ban(ana, { reason: "spam" });
    expect(standing).toMatchObject({ bannedAt: expect.any(String), banReason: "spam" });
    await expectClosed([socket]);
    await untilAll(ana.token, "FORBIDDEN");
    expect(await cluster.connect(ana.token).refusal()).toMatchObject({ code: "FORBIDDEN", retryable: false });
    const minted = await cluster.request(serverKey, "POST", "/api/tokens", { userId: ana.id });
    expect([minted.status, minted.body.error?.code]).toEqual([403, "FORBIDDEN"]);
    expect(await cluster.call(admin, "GET", `/api/users/${ana.id}/standing`)).toEqual(standing);
    expect(await unban(ana)).toMatchObject({ bannedAt: null, banReason: null });
    const token = await cluster.token(ana.id);
    await eventually(
      "every api to let her in",
      () => answers(token),
      (all) => all.every(([status]) => status === 200),
    );
    await cluster.socket({ token });
    // Her tokens from before stay refused.
    await untilAll(ana.token, "UNAUTHENTICATED");
  });

  it("stands in the audit log, with why, by whom, and when it was lifted", async () => {
    const ana = await cluster.person("ana");
    await revoke(ana);
    await ban(ana, { reason: "fraud" });
    await unban(ana);
    await unban(ana);
    const { items } = await cluster.call<{ items: object[] }>(admin, "GET", `/api/audit?target=${ana.id}`);
    const by = { actor: { kind: "person", id: admin.id } };
    expect(items).toMatchObject([
      { action: "user.unbanned", ...by },
      { action: "user.banned", details: { reason: "fraud" }, ...by },
      { action: "user.revoked", ...by },
    ]);
  });
});

describe("revoking and banning", () => {
  const routes = [
    ["POST", "/revoke"],
    ["PUT", "/ban"],
    ["DELETE", "/ban"],
    ["GET", "/standing"],
  ] as const;

  it.each(routes)("%s …%s is for admins and keys with the scope", async (method, path) => {
    const [agent, ben] = [await cluster.person("agent", "agent"), await cluster.person("ben")];
    const url = `/api/users/${ben.id}${path}`;
    expect((await cluster.rest(agent, method, url)).status).toBe(403);
    expect((await cluster.request(null, method, url)).status).toBe(401);
    expect((await cluster.request(serverKey, method, url)).status).toBe(200);
    expect((await cluster.request(serverKey, method, `/api/users/nobody.here${path}`)).status).toBe(404);
  });

  it("oneself is allowed and refused respectively", async () => {
    const other = await cluster.person("other", "admin");
    expect((await cluster.rest(other, "PUT", `/api/users/${other.id}/ban`)).status).toBe(400);
    expect((await cluster.rest(other, "POST", `/api/users/${other.id}/revoke`)).status).toBe(200);
  });

  it("with a reason that is no text is INVALID", async () => {
    for (const reason of ["", "a\u0000b", "x".repeat(301), 7, null]) {
      expect((await cluster.rest(admin, "PUT", "/api/users/x/ban", { reason })).status).toBe(400);
    }
  });
});

describe("with pub/sub down, a revocation", () => {
  it("still closes every socket of the person, and nobody else's", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const sockets = await Promise.all([0, 1].map((gateway) => cluster.socket(ana, gateway)));
    const calm = await Promise.all([0, 1].map((gateway) => cluster.socket(ben, gateway)));
    await redis.stop();
    await revoke(ana);
    await expectClosed(sockets);
    for (const socket of calm) await socket.ok("heartbeat", {});
  });
});
