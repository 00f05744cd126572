import { expect, it } from "vitest";
import { issueCanaryToken, withCanaries } from "./token.ts";

const secret = "tests-internal-secret-0123456789";
const others = async () => {
  throw new Error("asked the others");
};
const verify = withCanaries(secret, others);

it("speaks for the canary of its node, and for nobody else", async () => {
  const identity = await verify(issueCanaryToken(secret, "gw1"));
  expect(identity).toMatchObject({ userId: "parloir-canary:gw1", role: "client", channels: [] });
});

const token = issueCanaryToken(secret, "gw1");
it.each([
  ["another secret", issueCanaryToken("another", "gw1")],
  ["another node", token.replace(/gw1$/, "gw2")],
  ["another expiry", token.replace(/^canary\.\d+/, "canary.9999999999999")],
  ["an end in the past", issueCanaryToken(secret, "gw1", Date.now() - 61_000)],
  ["no signature", "canary.9999999999999..gw1"],
  ["a person's id for a node", issueCanaryToken(secret, "gw1:x@y")],
])("is refused with %s", async (_, bad) => {
  await expect(verify(bad)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

it("leaves every other token to the verifier", async () => {
  await expect(verify("eyJhbGciOi")).rejects.toThrow("asked the others");
});
