import type { SignedIn } from "@parloir/contracts/session.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startBalancer } from "./balancer.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import { untilCountedTogether } from "./counted-together.ts";

const cluster = await startCluster({ gateways: 1, apis: 2, env: { LIMIT_SIGN_IN_FAILURES: "5" } });
const balancer = await startBalancer(cluster);
afterAll(async () => {
  await balancer.stop();
  await cluster.stop();
});
let admin: TestPerson;
beforeAll(async () => {
  admin = await cluster.person("admin", "admin");
});

const password = "correct horse battery staple";
let people = 0;

/** Somebody who may sign in, and an address that nobody else comes from. */
async function somebody() {
  const n = ++people;
  const person = { id: `signer.${n}`, email: `Signer.${n}@example.org`, address: `192.0.2.${n}` };
  await cluster.request(serverKey, "PUT", `/api/users/${person.id}`, { name: "Signer", email: person.email });
  const set = await cluster.rest(admin, "PUT", `/api/users/${person.id}/password`, { password });
  expect(set.status).toBe(201);
  return person;
}

interface Answer {
  status: number;
  code: string | undefined;
  message: string | undefined;
  data: SignedIn;
  cookie: string | null;
  setCookie: string | null;
}

let turn = 0;

/** Asks the apis by turns, as the balancer would for a browser at `address`, unless `headers` say otherwise. */
async function ask(
  method: string,
  path: string,
  more: { body?: unknown; headers?: Record<string, string>; address?: string; base?: string } = {},
): Promise<Answer> {
  const base = more.base ?? cluster.apis[turn++ % cluster.apis.length]!.url;
  const response = await fetch(new URL(path, base), {
    method,
    headers: {
      ...(more.address === undefined ? {} : { "x-forwarded-for": more.address }),
      ...(more.body === undefined ? {} : { "content-type": "application/json" }),
      ...more.headers,
    },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  const { data, error } = (await response.json()) as {
    data: SignedIn;
    error?: { code: string; message: string };
  };
  const setCookie = response.headers.get("set-cookie");
  const cookie = setCookie?.split(";")[0] ?? null;
  return { status: response.status, code: error?.code, message: error?.message, data, cookie, setCookie };
}

const signIn = (email: string, given: string, address: string, headers: Record<string, string> = {}) =>
  ask("POST", "/api/session", { body: { email, password: given }, address, headers });
const refresh = (cookie: string | null, headers: Record<string, string> = {}) =>
  ask("POST", "/api/session/refresh", { headers: { ...(cookie ? { cookie } : {}), ...headers } });

const countedTogether = <T>(attempts: () => Promise<T>) => untilCountedTogether(cluster, attempts);

describe("a sign-in", () => {
  it("gives a token that opens everything, and a cookie that no script reads and no foreign page sends", async () => {
    const { id, email, address } = await somebody();
    const { status, data, setCookie } = await signIn(email.toUpperCase(), password, address);
    expect([status, data.user.id]).toEqual([201, id]);
    expect(setCookie).toMatch(
      /^parloir-session=[0-9a-f-]{36}\.[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(await cluster.call({ token: data.token }, "GET", "/api/me")).toMatchObject({ id });
    await cluster.socket({ token: data.token });
    expect(Date.parse(data.expiresAt) - Date.now()).toBeLessThanOrEqual(600_000);
    const stored = JSON.stringify(
      await cluster.sql("SELECT s::text, p.hash FROM sessions s JOIN passwords p USING (user_id)"),
    );
    expect(stored).not.toContain(setCookie!.split(".")[1]!.slice(0, 43));
    expect(stored).not.toContain(password);
    expect(stored).toContain("$argon2id$");
  });

  it("with a wrong password and of an unknown person get the same words", async () => {
    const { email, address } = await somebody();
    const wrong = await signIn(email, "something else", address);
    const unknown = await signIn("nobody@example.org", password, address);
    expect([wrong.status, wrong.code, wrong.cookie]).toEqual([401, "UNAUTHENTICATED", null]);
    expect(unknown).toEqual(wrong);
  });

  it.each(["known", "unknown"])(
    "that is the sixth bad one of a %s account is 429, from anywhere",
    async (kind) => {
      const answers = await countedTogether(async () => {
        const { email, address } = await somebody();
        const account = kind === "known" ? email : `x${email}`;
        const bad: Answer[] = [];
        for (let n = 0; n < 5; n++) bad.push(await signIn(account, "wrong", `${address}${n}`));
        return [...bad, await signIn(account.toUpperCase(), password, address)];
      });
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
      expect(answers[5]).toMatchObject({ code: "RATE_LIMITED", message: "too many sign-ins", cookie: null });
    },
  );

  it("that is the sixth bad one of an address is 429, whoever it is for, and good ones do not count", async () => {
    const statuses = await countedTogether(async () => {
      const { email, address } = await somebody();
      const answers: Answer[] = [];
      for (let n = 0; n < 6; n++) answers.push(await signIn(email, password, address));
      for (let n = 0; n < 5; n++) answers.push(await signIn(`no${n}${email}`, "wrong", address));
      answers.push(await signIn(email, password, address), await signIn(email, password, `${address}0`));
      return answers.map(({ status }) => status);
    });
    expect(statuses).toEqual([201, 201, 201, 201, 201, 201, 401, 401, 401, 401, 401, 429, 201]);
  });

  it("of many at once lets no more than five pass", async () => {
    const all = await countedTogether(async () => {
      const { email, address } = await somebody();
      return Promise.all(Array.from({ length: 20 }, () => signIn(email, "wrong", address)));
    });
    expect(all.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it("through the balancer is counted by the real address, whatever it claims", async () => {
    const forged = (n: number) => ({
      "x-forwarded-for": `203.0.113.${n}`,
      forwarded: `for=203.0.113.${n}`,
      "x-real-ip": `203.0.113.${n}`,
    });
    let sixth: Answer | undefined;
    // The address stays limited for the rest of the file, also if the first round was not counted together.
    for (let n = 0; n < 16 && sixth?.status !== 429; n++) {
      const body = { email: `forged.${n}@example.org`, password: "wrong" };
      sixth = await ask("POST", "/api/session", { base: balancer.url, body, headers: forged(n) });
    }
    expect(sixth?.code).toBe("RATE_LIMITED");
  });

  it.each([
    ["no password", { email: "a@example.org" }],
    ["an unknown field", { email: "a@example.org", password: "x", role: "admin" }],
    ["a list", [1]],
    ["NUL", { email: "a\u0000@example.org", password: "x" }],
    ["a lone surrogate", { email: "a@example.org", password: "\ud800" }],
    ["a long password", { email: "a@example.org", password: "x".repeat(201) }],
    ["an object", { email: { $ne: null }, password: { $ne: null } }],
  ])("with %s is INVALID", async (_, body) => {
    expect((await ask("POST", "/api/session", { body, address: "198.51.100.4" })).code).toBe("INVALID");
  });

  it("of a banned person is FORBIDDEN with the right password only, and ends with the ban", async () => {
    const { id, email, address } = await somebody();
    const before = await signIn(email, password, address);
    await cluster.call(admin, "PUT", `/api/users/${id}/ban`);
    expect((await signIn(email, "wrong", address)).code).toBe("UNAUTHENTICATED");
    expect((await signIn(email, password, address)).code).toBe("FORBIDDEN");
    expect((await refresh(before.cookie)).code).toBe("UNAUTHENTICATED");
    await cluster.call(admin, "DELETE", `/api/users/${id}/ban`);
    expect((await signIn(email, password, address)).status).toBe(201);
    const { items } = await cluster.call<{ items: { action: string }[] }>(
      admin,
      "GET",
      `/api/audit?target=${id}`,
    );
    expect(items.map(({ action }) => action)).toEqual([
      "session.started",
      "user.unbanned",
      "session.refused",
      "session.refused",
      "user.banned",
      "session.started",
      "password.set",
    ]);
  });
});

describe("a session", () => {
  it("is refreshed with a new cookie each time, and the one before works once more at once", async () => {
    const { id, email, address } = await somebody();
    const first = await signIn(email, password, address);
    const second = await refresh(first.cookie);
    expect([second.status, second.data.user.id]).toEqual([200, id]);
    expect(second.cookie).not.toBe(first.cookie);
    // The answer that held the second may have been lost.
    const third = await refresh(first.cookie);
    expect(third.status).toBe(200);
    expect((await refresh(third.cookie)).status).toBe(200);
  });

  it("ends when an old cookie is used again: somebody has a copy", async () => {
    const { id, email, address } = await somebody();
    const first = await signIn(email, password, address);
    const second = await refresh(first.cookie);
    await cluster.sql("UPDATE sessions SET rotated_at = now() - interval '1 minute' WHERE user_id = $1", [
      id,
    ]);
    expect((await refresh(first.cookie)).code).toBe("UNAUTHENTICATED");
    expect((await refresh(second.cookie)).code).toBe("UNAUTHENTICATED");
    const reused = await cluster.sql("SELECT FROM audit WHERE action = 'session.reused' AND target = $1", [
      id,
    ]);
    expect(reused).toHaveLength(1);
  });

  it("ends by signing out, by revocation, by a new password, and by its time", async () => {
    const { id, email, address } = await somebody();
    const start = async () => (await signIn(email, password, address)).cookie!;
    const ends: [string, (cookie: string) => Promise<unknown>][] = [
      ["signing out", (cookie) => ask("DELETE", "/api/session", { headers: { cookie } })],
      ["revocation", () => cluster.call(admin, "POST", `/api/users/${id}/revoke`)],
      ["a new password", () => cluster.call(admin, "PUT", `/api/users/${id}/password`, { password })],
      ["time", () => cluster.sql("UPDATE sessions SET expires_at = now() WHERE user_id = $1", [id])],
    ];
    for (const [how, end] of ends) {
      const [cookie, other] = [await start(), await start()];
      expect((await refresh(other)).status).toBe(200);
      await end(cookie);
      expect([how, (await refresh(cookie)).code]).toEqual([how, "UNAUTHENTICATED"]);
    }
  });

  it("closes the person's sockets when the password changes", async () => {
    const { id, email, address } = await somebody();
    const { data } = await signIn(email, password, address);
    const socket = await cluster.socket({ token: data.token });
    await cluster.call(admin, "PUT", `/api/users/${id}/password`, { password: "another long password" });
    await socket.disconnected();
    await eventually(
      "the token to be refused at every api",
      async () =>
        Promise.all(
          cluster.apis.map(
            async ({ url }) => (await cluster.request(data.token, "GET", `${url}/api/me`)).status,
          ),
        ),
      (all) => all.every((status) => status === 401),
    );
    expect((await signIn(email, password, address)).status).toBe(401);
    expect((await signIn(email, "another long password", address)).status).toBe(201);
  });

  it.each([
    ["none", ""],
    ["nonsense", "parloir-session=nonsense"],
    ["an unknown one", `parloir-session=00000000-0000-4000-8000-000000000000.${"a".repeat(43)}`],
    ["SQL", "parloir-session=' OR 1=1--.x"],
    ["a prototype", "__proto__=1; constructor=2"],
  ])("with %s for a cookie is UNAUTHENTICATED", async (_, cookie) => {
    expect((await refresh(cookie)).code).toBe("UNAUTHENTICATED");
    expect((await ask("DELETE", "/api/session", { headers: { cookie } })).status).toBe(200);
  });
});

describe("a foreign page", () => {
  const header = { "x-parloir-session": "1" };

  it.each([
    ["Origin of elsewhere", { ...header, origin: "https://evil.example" }],
    ["Origin: null", { ...header, origin: "null" }],
    ["an Origin that begins like ours", { ...header, origin: "http://127.0.0.1.evil.example" }],
    ["Sec-Fetch-Site: cross-site", { ...header, "sec-fetch-site": "cross-site" }],
    ["no header of ours", { "sec-fetch-site": "same-origin" }],
  ])("that sends a cookie with %s is FORBIDDEN", async (_, headers) => {
    const { email, address } = await somebody();
    const { cookie } = await signIn(email, password, address);
    const named = { ...(headers as Record<string, string>), cookie: cookie! };
    expect((await ask("POST", "/api/session/refresh", { headers: named })).code).toBe("FORBIDDEN");
    expect((await ask("DELETE", "/api/session", { headers: named })).code).toBe("FORBIDDEN");
    expect((await refresh(cookie)).status).toBe(200);
  });

  it("cannot sign a browser in either", async () => {
    const { email, address } = await somebody();
    const answer = await signIn(email, password, address, { origin: "https://evil.example" });
    expect([answer.code, answer.cookie]).toEqual(["FORBIDDEN", null]);
  });

  it("is told apart from our own page", async () => {
    const { email, address } = await somebody();
    const { url } = cluster.apis[0]!;
    const { cookie } = await signIn(email, password, address);
    const headers = { ...header, cookie: cookie!, origin: url, "sec-fetch-site": "same-origin" };
    expect((await ask("POST", "/api/session/refresh", { base: url, headers })).status).toBe(200);
  });
});

describe("a password", () => {
  it("is set by admins and keys, of people with an e-mail address that is theirs alone", async () => {
    const { id, email } = await somebody();
    const put = (bearer: string, userId: string, body: unknown = { password }) =>
      cluster.request(bearer, "PUT", `/api/users/${userId}/password`, body);
    const client = await cluster.person("client");
    expect((await put(client.token, client.id)).status).toBe(403);
    expect((await put(serverKey, client.id)).body.error?.code).toBe("INVALID");
    expect((await put(serverKey, "nobody.here")).status).toBe(404);
    await cluster.request(serverKey, "PUT", "/api/users/double", { name: "D", email: email.toLowerCase() });
    expect((await put(serverKey, "double")).status).toBe(409);
    for (const bad of ["short", "x".repeat(201), "a\u0000bcdefghijk", 7])
      expect((await put(serverKey, id, { password: bad })).status).toBe(400);
    expect((await put(serverKey, id)).status).toBe(200);
  });
});

describe("the sign-in page", () => {
  it("is told what there is", async () => {
    expect((await ask("GET", "/api/sign-in")).data).toEqual({ password: true, demo: false });
  });
});
