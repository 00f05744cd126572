import * as z from "zod/mini";

/** `messages=keep` leaves what the person wrote and only takes their name off it. */
export const eraseQuery = z.strictObject({ messages: z.optional(z.enum(["remove", "keep"])) });

/** Where the erasure of a person stands. */
export interface Erasure {
  userId: string;
  status: "running" | "done";
  messages: "remove" | "keep";
  /** Conversations that the person was in, and how many of them are done. */
  conversations: { total: number; done: number };
  requestedAt: string;
  finishedAt: string | null;
}

/** What people are called after they were erased. Clients show a text of their own for ids that begin so. */
export const erasedName = "Erased person";
export const erasedPrefix = "erased:";

export function isErased(userId: string): boolean {
  return userId.startsWith(erasedPrefix);
}

/** How old what is stored may become, in days; null: for ever. */
export interface RetentionPolicy {
  /** The text of messages, from their sending. */
  messages: number | null;
  /** Messages and notes of a support conversation, from its closing. */
  closedConversations: number | null;
  notifications: number | null;
  audit: number | null;
  everyMinutes: number;
}
