import type { SendItem } from "@parloir/contracts/internal.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { Committed } from "./commit-queue.ts";

/** A message that was just committed, without reading it back. */
export function messageOf(send: SendItem, stored: Committed): Message {
  return {
    conversationId: send.conversationId,
    seq: stored.seq,
    id: stored.id,
    senderId: send.senderId,
    clientMessageId: send.clientMessageId,
    kind: "text",
    content: send.content,
    attachments: stored.attachments,
    replyToSeq: send.replyToSeq ?? null,
    mentions: stored.mentions,
    reactions: [],
    createdAt: stored.createdAt,
    editedAt: null,
    deletedAt: null,
    change: stored.change,
  };
}
