import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CodedError } from "@parloir/contracts/errors.ts";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTokenIssuer, createTokenVerifier, type VerifyToken } from "./auth.ts";

const issuer = await generateKeyPair("RS256", { extractable: true });
const stranger = await generateKeyPair("RS256", { extractable: true });
const asked: string[] = [];
const server = createServer(async (request, response) => {
  asked.push(request.url ?? "");
  const keys = [{ ...(await exportJWK(issuer.publicKey)), kid: "1", alg: "RS256", use: "sig" }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ keys }));
});
let verify: VerifyToken;
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verify = createTokenVerifier({
    secret: null,
    jwksUrl: `${base}/keys`,
    issuer: "parloir",
    audience: "parloir",
  });
});
afterAll(() => void server.close());

const claims = () =>
  new SignJWT({ role: "agent" })
    .setSubject("ana")
    .setIssuer("parloir")
    .setAudience("parloir")
    .setIssuedAt()
    .setExpirationTime("5m");

async function codeOf(token: Promise<string>): Promise<string> {
  try {
    await verify(await token);
    return "accepted";
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error);
  }
}

describe("tokens of an outside issuer", () => {
  it("are verified by its keys", async () => {
    const token = await claims().setProtectedHeader({ alg: "RS256", kid: "1" }).sign(issuer.privateKey);
    expect(await verify(token)).toMatchObject({ userId: "ana", role: "agent" });
  });

  it("signed with the public key as if it were a secret are refused", async () => {
    const secret = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
    expect(await codeOf(claims().setProtectedHeader({ alg: "HS256", kid: "1" }).sign(secret))).toBe(
      "UNAUTHENTICATED",
    );
  });

  it("signed by another key are refused, also when they bring it or say where it is", async () => {
    const jwk = await exportJWK(stranger.publicKey);
    for (const header of [
      { kid: "1" },
      { kid: "2" },
      {},
      { jwk },
      { kid: "1", jwk },
      { jku: `${base}/evil` },
      { x5u: `${base}/evil` },
    ]) {
      const token = claims()
        .setProtectedHeader({ alg: "RS256", ...header })
        .sign(stranger.privateKey);
      expect([header, await codeOf(token)]).toEqual([header, "UNAUTHENTICATED"]);
    }
    expect(asked).not.toContain("/evil");
  });

  it.each(["../../etc/passwd", "' OR 1=1--", "__proto__", ""])(
    "with the key id %s are refused",
    async (kid) => {
      const token = claims().setProtectedHeader({ alg: "RS256", kid }).sign(stranger.privateKey);
      expect(await codeOf(token)).toBe("UNAUTHENTICATED");
    },
  );

  it("cannot be minted here", async () => {
    const issue = createTokenIssuer({
      secret: null,
      jwksUrl: `${base}/keys`,
      issuer: "parloir",
      audience: "parloir",
    });
    const person = { id: "ana", role: "client", name: "Ana" } as const;
    await expect(issue({ person, issuedAt: Date.now() }, 60)).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });
});

describe("tokens of an issuer whose keys cannot be read", () => {
  it("are not accepted", async () => {
    const lost = createTokenVerifier({
      secret: null,
      jwksUrl: "http://127.0.0.1:1/keys",
      issuer: "parloir",
      audience: "parloir",
    });
    const token = await claims().setProtectedHeader({ alg: "RS256", kid: "1" }).sign(issuer.privateKey);
    await expect(lost(token)).rejects.toBeInstanceOf(CodedError);
  });
});
