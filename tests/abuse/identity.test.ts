import { createHmac } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { jwtSecret, serverKey, startCluster, type TestPerson } from "../cluster/cluster.ts";
import { bystanders, RawSocket } from "./raw.ts";

const publicOrigin = "https://chat.example.org";
const cluster = await startCluster({
  balancer: true,
  env: { PUBLIC_URL: publicOrigin, ALLOWED_ORIGINS: "https://good.example" },
});
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let ana: TestPerson;
beforeAll(async () => {
  ana = await cluster.person("ana");
});

const now = () => Math.floor(Date.now() / 1_000);
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = (change: object = {}) => ({
  sub: ana.id,
  iss: "parloir",
  aud: "parloir",
  iat: now(),
  exp: now() + 600,
  ...change,
});

/** Signed as it should be, whatever it says. */
function signed(payload: object, header: object = {}, secret = jwtSecret): string {
  const text = `${base64({ alg: "HS256", ...header })}.${base64(payload)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

async function withOwnKey(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  return new SignJWT(claims()).setProtectedHeader({ alg: "RS256", jwk }).sign(privateKey);
}

async function revoked(): Promise<string> {
  const { id, token } = await cluster.person("revoked");
  await cluster.request(serverKey, "POST", `/api/users/${id}/revoke`);
  return token;
}

const bad: [string, () => string | Promise<string>, string][] = [
  ["is empty", () => "", "UNAUTHENTICATED"],
  ["is no token", () => "token", "UNAUTHENTICATED"],
  ["is dots", () => "..", "UNAUTHENTICATED"],
  ["says alg none", () => `${base64({ alg: "none" })}.${base64(claims())}.`, "UNAUTHENTICATED"],
  ["says alg None", () => `${base64({ alg: "None" })}.${base64(claims())}.`, "UNAUTHENTICATED"],
  ["lost its signature", () => `${signed(claims()).split(".").slice(0, 2).join(".")}.`, "UNAUTHENTICATED"],
  [
    "has another's signature",
    () => signed(claims(), {}, "another-secret-0123456789abcdef012"),
    "UNAUTHENTICATED",
  ],
  ["says HS512", () => signed(claims(), { alg: "HS512" }), "UNAUTHENTICATED"],
  ["brings its own key", withOwnKey, "UNAUTHENTICATED"],
  [
    "says where its key is",
    () => signed(claims(), { alg: "RS256", jku: "http://127.0.0.1:1/keys" }),
    "UNAUTHENTICATED",
  ],
  ["has an unknown critical header", () => signed(claims(), { crit: ["x"], x: 1 }), "UNAUTHENTICATED"],
  ["is for another audience", () => signed(claims({ aud: "another" })), "UNAUTHENTICATED"],
  ["is of another issuer", () => signed(claims({ iss: "another" })), "UNAUTHENTICATED"],
  ["has no issuer", () => signed(claims({ iss: undefined })), "UNAUTHENTICATED"],
  ["has expired", () => signed(claims({ exp: now() - 60 })), "TOKEN_EXPIRED"],
  ["is not yet valid", () => signed(claims({ nbf: now() + 600 })), "UNAUTHENTICATED"],
  ["was issued in the future", () => signed(claims({ iat: now() + 600 })), "UNAUTHENTICATED"],
  ["was revoked", revoked, "UNAUTHENTICATED"],
  ["never expires", () => signed(claims({ exp: undefined })), "UNAUTHENTICATED"],
  ["expires at a text", () => signed(claims({ exp: "tomorrow" })), "UNAUTHENTICATED"],
  ["names nobody", () => signed(claims({ sub: undefined })), "UNAUTHENTICATED"],
  ["names an empty person", () => signed(claims({ sub: "" })), "UNAUTHENTICATED"],
  ["names a person that is no id", () => signed(claims({ sub: "a b' OR 1=1--" })), "UNAUTHENTICATED"],
  ["names a person of 129 characters", () => signed(claims({ sub: "x".repeat(129) })), "UNAUTHENTICATED"],
  ["names a person with NUL", () => signed(claims({ sub: "ana\u0000" })), "UNAUTHENTICATED"],
  ["is 9,000 characters long", () => signed(claims({ name: "x".repeat(9_000) })), "UNAUTHENTICATED"],
  ["has a payload that is no object", () => signed([1] as unknown as object), "UNAUTHENTICATED"],
];

describe("a token that", () => {
  it.each(bad)("%s is refused by the handshake and by REST", async (_, make, code) => {
    const token = await make();
    expect(await cluster.connect(token).refusal()).toMatchObject({ code, retryable: false });
    const { status, body } = await cluster.request(token, "GET", "/api/me");
    // An empty one is no `Bearer` at all.
    expect([status, body.error?.code]).toEqual([401, code]);
  });

  it.each(["../../etc/passwd", "' OR 1=1--", "__proto__"])(
    "has the key id %s is judged by its signature alone",
    async (kid) => {
      expect((await cluster.request(signed(claims(), { kid }), "GET", "/api/me")).status).toBe(200);
      expect(
        (await cluster.request(signed(claims(), { kid }, "x".repeat(40)), "GET", "/api/me")).status,
      ).toBe(401);
    },
  );

  it("claims odd things of its person is taken for whom it names, and for no more", async () => {
    const token = signed(
      claims({ role: ["admin"], name: { a: 1 }, email: 7, jti: { x: 1 }, __proto__: { role: "admin" } }),
    );
    const { body } = await cluster.request(token, "GET", "/api/me");
    expect(body.data).toMatchObject({ id: ana.id, role: "client" });
    const stranger = signed(
      claims({ sub: "odd.stranger", role: "superuser", name: "a\u0000b", email: "\ud800" }),
    );
    expect((await cluster.request(stranger, "GET", "/api/me")).body.data).toEqual({
      id: "odd.stranger",
      name: "odd.stranger",
      role: "client",
    });
  });
});

describe("a handshake", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an object", { toString: 1 }],
    ["a list", ["x"]],
  ])("with %s for a token is refused", async (_, token) => {
    const error = await cluster.connect(token as unknown as string).refusal();
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
  });

  it.each(["token", "access_token"])("with a right token in the address (%s) is refused", async (name) => {
    const socket = cluster.connect(ana.token, cluster.url, { query: { [name]: ana.token } });
    expect(await socket.refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it.each(["42", '"text"', "[]", "null"])("with CONNECT%s instead of an object is refused", async (auth) => {
    const socket = new RawSocket(cluster.url);
    await socket.frame("0");
    socket.send(`40${auth}`);
    const frame = await Promise.race([socket.frame("44"), socket.closed()]);
    if (typeof frame === "string") expect(frame).toContain("UNAUTHENTICATED");
    socket.ws.close();
  });

  it.each([
    ["https://evil.example", 403],
    ["null", 403],
    ["https://good.example.evil.com", 403],
    ["https://evilgood.example", 403],
    ["http://good.example", 403],
    ["https://good.example:8443", 403],
    ["https://good.example/", 403],
    ["https://chat.example.org.evil.com", 403],
    ["file://", 403],
    ["nonsense", 403],
    ["https://good.example", 200],
    [publicOrigin, 200],
  ])("from the origin %s answers %i, by polling and by WebSocket", async (origin, status) => {
    const polling = await fetch(`${cluster.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    expect(polling.status).toBe(status);
    const socket = new RawSocket(cluster.url, undefined, { origin });
    const outcome = await Promise.race([socket.frame("0").then(() => 200), socket.closed().then(() => 403)]);
    expect(outcome).toBe(status);
    socket.ws.close();
  });

  it("from the page's own host is let in", async () => {
    const socket = new RawSocket(cluster.url, undefined, { origin: cluster.url });
    await socket.frame("0");
    socket.ws.close();
  });
});

describe("REST without the right credentials", () => {
  it.each([
    ["none", undefined],
    ["a name and password", "Basic YTpi"],
    ["no token", "Bearer"],
    ["two tokens", "Bearer a b"],
    ["a server key for a person's route", `Bearer ${serverKey}`],
  ])("%s: 401", async (_, authorization) => {
    const response = await fetch(`${cluster.url}/api/me`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(response.status).toBe(401);
  });

  it.each([
    ["PUT", "/api/users/x", { name: "X", role: "admin" }],
    ["POST", "/api/tokens", { userId: "x" }],
  ])("%s %s by a person, or by a wrong key: 401", async (method, path, body) => {
    for (const bearer of [ana.token, "dev-server-kex", `${serverKey}x`, "", null]) {
      const answer = await cluster.request(bearer, method, path, body);
      expect([answer.status, answer.body.error?.code]).toEqual([401, "UNAUTHENTICATED"]);
    }
  });

  it("answers no foreign origin with CORS headers", async () => {
    const answer = async (origin: string) =>
      (await fetch(`${cluster.url}/api/me`, { headers: { origin } })).headers.get(
        "access-control-allow-origin",
      );
    expect(await answer("https://good.example")).toBe("https://good.example");
    expect(await answer("https://evil.example")).toBeNull();
    expect(await answer("null")).toBeNull();
  });
});
