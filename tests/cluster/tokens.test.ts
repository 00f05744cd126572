import { SignJWT } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { jwtSecret, serverKey, startCluster } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, apis: 2 });
afterAll(() => cluster.stop());

/** The verifier allows for 30 s of clock skew; within it a token that is past its time still opens a socket. */
async function tokenUntil(userId: string, secondsFromNow: number, claims: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(userId)
    .setIssuer("parloir")
    .setAudience("parloir")
    .setIssuedAt(now - 60)
    .setExpirationTime(now + secondsFromNow)
    .sign(new TextEncoder().encode(jwtSecret));
}

describe("a token", () => {
  it("that expires ends the socket with TOKEN_EXPIRED, and leaves the way back open", async () => {
    const ana = await cluster.person("ana");
    const socket = await cluster.socket({ token: await cluster.token(ana.id, 1) });
    expect(await socket.waitFor("error")).toMatchObject({ code: "TOKEN_EXPIRED" });
    // Not «io server disconnect»: after that a client stays away.
    expect(await socket.disconnected()).toBe("transport close");
    await cluster.socket(ana);
  });

  it("that is refreshed in time keeps the socket, beyond the old token's end", async () => {
    const ana = await cluster.person("ana");
    const ben = await cluster.person("ben");
    const { id } = await cluster.conversation(ana, ben);
    const fresh = await cluster.token(ana.id, 600);
    // Long enough for two handshakes and a refresh on a machine that has much else to do.
    const short = await cluster.token(ana.id, 8);
    const [socket, witness] = await Promise.all([
      cluster.socket({ token: short }),
      cluster.socket({ token: short }, 1),
    ]);
    const { expiresAt } = await socket.ok("refresh_token", { token: fresh });
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(500_000);
    // The socket beside it, which was not refreshed, shows that the old token's time has come.
    await witness.disconnected();
    expect((await cluster.send(socket, id)).seq).toBe(1);
    expect(socket.received.some(({ event }) => event === "error" || event === "disconnect")).toBe(false);
  });

  it("of somebody else is FORBIDDEN, one that is none UNAUTHENTICATED, and the socket stays as it was", async () => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id } = await cluster.conversation(ana, ben);
    const socket = await cluster.socket(ana);
    expect(await socket.refused("refresh_token", { token: ben.token })).toMatchObject({ code: "FORBIDDEN" });
    expect(await socket.refused("refresh_token", { token: "none" })).toMatchObject({
      code: "UNAUTHENTICATED",
    });
    const expired = await tokenUntil(ana.id, -3_600);
    expect(await socket.refused("refresh_token", { token: expired })).toMatchObject({
      code: "TOKEN_EXPIRED",
    });
    await cluster.send(socket, id);
    const [row] = await cluster.sql("SELECT sender_id FROM messages WHERE conversation_id = $1", [id]);
    expect(row).toEqual({ sender_id: ana.id });
  });
});

describe("the role", () => {
  it("comes from the database, whatever the token claims", async () => {
    const ana = await cluster.person("ana", "client");
    const token = await tokenUntil(ana.id, 600, { role: "admin", name: "Mallory" });
    const socket = await cluster.socket({ token });
    expect(await socket.ready()).toMatchObject({ userId: ana.id, role: "client" });
    expect(await cluster.call({ token }, "GET", "/api/me")).toMatchObject({ role: "client", name: "ana" });
  });

  it("of a person seen for the first time is the token's", async () => {
    const id = "stranger.1";
    const token = await tokenUntil(id, 600, { role: "technician", name: "Stranger", email: "s@example.org" });
    expect(await (await cluster.socket({ token })).ready()).toMatchObject({
      role: "technician",
      email: "s@example.org",
    });
    expect((await cluster.request(serverKey, "GET", `/api/users/${id}`)).body.data).toMatchObject({
      name: "Stranger",
      role: "technician",
    });
  });

  it("changed by the host is in force on the next connection", async () => {
    const ana = await cluster.person("ana", "client");
    await cluster.request(serverKey, "PUT", `/api/users/${ana.id}`, { name: "ana", role: "agent" });
    expect((await (await cluster.socket(ana, 1)).ready()).role).toBe("agent");
  });
});

describe("fifty connections of strangers at once", () => {
  it("make each person once", async () => {
    const token = await tokenUntil("crowd.1", 600, { name: "Crowd" });
    const sockets = await Promise.all(Array.from({ length: 50 }, (_, n) => cluster.socket({ token }, n % 2)));
    expect(new Set(await Promise.all(sockets.map(async (socket) => (await socket.ready()).userId)))).toEqual(
      new Set(["crowd.1"]),
    );
    expect(await cluster.sql("SELECT name FROM users WHERE id = 'crowd.1'")).toEqual([{ name: "Crowd" }]);
  });
});
