import type { Conversation, Message, Participant } from "@parloir/contracts/shapes.ts";
import type { Texts } from "../texts/texts.ts";

export function othersOf(conversation: Conversation, me: string | null): Participant[] {
  return conversation.participants.filter((one) => one.userId !== me);
}

/** What a conversation is called for `me`: the other people's names, else its subject, else the team that will answer. */
export function nameOf(
  conversation: Conversation | undefined,
  me: string | null,
  { unnamed, theTeam }: Pick<Texts, "unnamed" | "theTeam">,
): string {
  if (!conversation) return unnamed;
  const others = othersOf(conversation, me);
  const nobody = conversation.kind === "support" ? theTeam : unnamed;
  if (conversation.kind === "group" && conversation.subject) return conversation.subject.title;
  return others.map((one) => one.name).join(", ") || conversation.subject?.title || nobody;
}

/** In a line: the words or, without any, the name of the first file. */
export function previewOf({ content, attachments }: Message): string {
  return content || (attachments[0]?.name ?? "");
}

export function readUpTo(conversation: Conversation | undefined, me: string | null): number {
  if (!conversation) return 0;
  return Math.max(0, ...othersOf(conversation, me).map((one) => one.lastReadSeq));
}
