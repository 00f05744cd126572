import type { Client } from "@parloir/client/core/client.ts";
import { type CannedReply, fillPlaceholders } from "@parloir/contracts/canned-replies.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type { SharedConversation } from "@parloir/contracts/shapes.ts";
import { customerOf } from "./customer.ts";

export const cannedPath = "/api/canned-replies";

/** All of the team's, by shortcut. */
export async function readCannedReplies(client: Client): Promise<CannedReply[]> {
  const replies: CannedReply[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<CannedReply> = await client.rest("GET", `${cannedPath}?limit=200${after}`);
    replies.push(...page.items);
    cursor = page.nextCursor;
  }
  return replies;
}

/** What «/…» at the beginning of a text asks for; null when the text is none of it. */
export function askedFor(text: string): string | null {
  return /^\/([\p{L}\p{N}_-]*)$/u.exec(text)?.[1]?.toLowerCase() ?? null;
}

const mostOffered = 8;

/** Those whose shortcut begins like this first, then those whose title holds it. */
export function offered(replies: readonly CannedReply[], asked: string): CannedReply[] {
  const begins = replies.filter(({ shortcut }) => shortcut.startsWith(asked));
  const holds = replies.filter((each) => !begins.includes(each) && each.title.toLowerCase().includes(asked));
  return [...begins, ...holds].slice(0, mostOffered);
}

export function filledIn(
  { content }: CannedReply,
  conversation: SharedConversation,
  agentName: string,
): string {
  const customer = customerOf(conversation)?.name;
  const { subject } = conversation;
  return fillPlaceholders(content, {
    "agent.name": agentName,
    ...(customer === undefined ? {} : { "customer.name": customer }),
    ...(subject === null ? {} : { "subject.title": subject.title, "subject.id": subject.id }),
  });
}
