import { firstConversations, newestMessages, unreadCounts } from "@parloir/client/core/first-reads.ts";
import type { Route } from "./route.ts";

/**
 * What the messages page shows first, asked for while its code is still on the way: a waterfall of code, then client,
 * then question shows the same a round trip and some hundred milliseconds of a phone's CPU later.
 */

const answers = new Map<string, Promise<Response>>();
const timeoutMs = 15_000;

export function askEarly({ path, conversationId }: Route, token: string): void {
  if (path !== "/messages") return;
  const thread = conversationId === null ? [] : [newestMessages(conversationId)];
  for (const read of [...thread, firstConversations, unreadCounts]) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = fetch(read, { headers, signal: AbortSignal.timeout(timeoutMs) });
    answer.catch(() => undefined); // Whoever takes it hears of it.
    answers.set(keyOf(location.origin + read, headers), answer);
  }
}

/** `fetch`, which takes what was asked for early: once, and only for whom it was asked. */
export const fetchOrTake: typeof fetch = (input, init) => {
  const key = keyOf(String(input), init?.headers);
  const early = answers.get(key);
  if (!early || init?.method !== "GET") return fetch(input, init);
  answers.delete(key);
  return early;
};

function keyOf(address: string, headers: HeadersInit | undefined): string {
  return `${address} ${new Headers(headers).get("authorization")}`;
}
