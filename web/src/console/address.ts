import type { SupportFilter } from "@parloir/client/core/support/support-list.ts";
import { conversationStatuses, supportViews } from "@parloir/contracts/shapes.ts";

/** What the console shows stands in its address: a reload, a bookmark and a colleague see the same. */
export interface ConsoleAddress extends SupportFilter {
  /** Whether the text is looked for in messages instead of names and subjects. */
  inMessages: boolean;
  conversationId: string | null;
}

export const consolePath = "/admin/messages";

export function readAddress(search: string): ConsoleAddress {
  const query = new URLSearchParams(search);
  const status = query.get("status");
  const text = (query.get("q") ?? "").trim().slice(0, 200);
  return {
    view: supportViews.find((each) => each === query.get("view")) ?? "all",
    // Open unless it says otherwise: what is closed is looked for, not worked on.
    status: status === "any" ? null : (conversationStatuses.find((each) => each === status) ?? "open"),
    text: text === "" ? null : text,
    inMessages: query.get("in") === "messages",
    conversationId: query.get("conversation"),
  };
}

/** Leaves out what is so by default. */
export function writeAddress({ view, status, text, inMessages, conversationId }: ConsoleAddress): string {
  const query = new URLSearchParams();
  if (view !== "all") query.set("view", view);
  if (status !== "open") query.set("status", status ?? "any");
  if (text !== null) query.set("q", text);
  if (inMessages) query.set("in", "messages");
  if (conversationId !== null) query.set("conversation", conversationId);
  const search = query.toString();
  return search === "" ? consolePath : `${consolePath}?${search}`;
}
