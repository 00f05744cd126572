import { createHash } from "node:crypto";
import type { SendMessagePayload } from "@parloir/contracts/commands.ts";

/**
 * 64 bits that stand for what a send said, as a decimal bigint for Postgres. A repeat (same clientMessageId, same
 * fingerprint) is answered like the first send; another fingerprint is a CONFLICT. Taken from the request, not
 * from the stored row, so that a late retry is still recognised after the message was edited.
 */
export function fingerprintOf(send: SendMessagePayload): string {
  const extras =
    send.replyToSeq === undefined && !send.mentions?.length && !send.attachmentIds?.length
      ? ""
      : `\u0000${JSON.stringify([send.replyToSeq ?? null, send.mentions ?? [], send.attachmentIds ?? []])}`;
  const digest = createHash("sha1").update(send.content).update(extras).digest();
  return digest.readBigInt64BE(0).toString();
}
