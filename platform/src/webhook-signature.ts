import { createHmac } from "node:crypto";

/** The signatures of Standard Webhooks: see contracts/src/webhooks.ts. */

const secretStart = "whsec_";

export function webhookSecret(bytes: Buffer): string {
  return `${secretStart}${bytes.toString("base64")}`;
}

/** One signature for each secret: while two are valid, receivers may know either. */
export function signWebhook(
  secrets: string[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(secretStart.length), "base64");
      return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
    })
    .join(" ");
}
