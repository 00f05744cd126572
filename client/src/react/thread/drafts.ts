import { remember, remembered } from "../remembered.ts";

const nameOf = (userId: string, conversationId: string) => `draft.${userId}.${conversationId}`;

/** What was written and not sent, per person and conversation. */
export const drafts = {
  read: (userId: string, conversationId: string) => remembered(nameOf(userId, conversationId)) ?? "",
  keep: (userId: string, conversationId: string, text: string) =>
    remember(nameOf(userId, conversationId), text === "" ? null : text),
};
