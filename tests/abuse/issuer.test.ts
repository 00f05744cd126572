import { createServer } from "node:http";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster } from "../cluster/cluster.ts";

/** A cluster that believes an outside issuer's keys: they are public, and whoever has them is nobody for that. */
const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" };
const issuer = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ keys: [jwk] }));
});
const JWKS_URL = `http://127.0.0.1:${await listen(issuer, 0, "127.0.0.1")}/keys`;
const cluster = await startCluster({ balancer: true, env: { JWT_SECRET: "", JWKS_URL } });
afterAll(async () => {
  await cluster.stop();
  issuer.closeAllConnections();
  await closeServer(issuer);
});

const claims = () =>
  new SignJWT({ role: "admin" })
    .setSubject("ana")
    .setIssuer("parloir")
    .setAudience("parloir")
    .setIssuedAt()
    .setExpirationTime("5m");

describe("a token of an outside issuer", () => {
  it("is believed when it is signed with the private key", async () => {
    const token = await claims().setProtectedHeader({ alg: "RS256", kid: "1" }).sign(privateKey);
    expect((await cluster.request(token, "GET", "/api/me")).body.data).toMatchObject({ id: "ana" });
    await cluster.socket({ token });
  });

  it.each<[string, () => Promise<string>]>([
    ["as it is published", async () => JSON.stringify(jwk)],
    ["in PEM", () => exportSPKI(publicKey)],
    ["in PEM without its last line break", async () => (await exportSPKI(publicKey)).trim()],
    ["as its number", async () => jwk.n ?? ""],
  ])(
    "that is HS256, signed with the public key %s, is refused by the handshake and by REST",
    async (_, secret) => {
      for (const kid of [{ kid: "1" }, {}]) {
        const key = new TextEncoder().encode(await secret());
        const token = await claims()
          .setProtectedHeader({ alg: "HS256", ...kid })
          .sign(key);
        const { status, body } = await cluster.request(token, "GET", "/api/me");
        expect([status, body.error?.code]).toEqual([401, "UNAUTHENTICATED"]);
        expect(await cluster.connect(token).refusal()).toMatchObject({ code: "UNAUTHENTICATED" });
      }
    },
  );
});
