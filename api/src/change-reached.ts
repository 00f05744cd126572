import type { MessagePage } from "@parloir/store/messages.ts";

/**
 * Up to which change a page says everything of what is not after its cursor. The older ones that changed come first, in
 * the order of their changes: where they fill the page, there may be more of them, and the last one is how far it goes.
 */
export function changeReached(
  page: Pick<MessagePage, "messages" | "lastChange">,
  asked: { after?: number | undefined; change?: number | undefined; limit: number },
): { lastChange: number; isCut: boolean } {
  const { messages, lastChange } = page;
  const last = messages.at(-1);
  const { after = 0, change, limit } = asked;
  const isCut = change !== undefined && messages.length >= limit && last !== undefined && last.seq <= after;
  return { lastChange: isCut ? last.change : lastChange, isCut };
}
