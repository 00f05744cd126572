import type { QueryClient } from "@tanstack/react-query";
import type { Client } from "../../core/client.ts";
import type { ConversationsState } from "../../core/conversations.ts";
import { chatKeys } from "./keys.ts";

export type ConversationsData = Pick<ConversationsState, "items" | "hasMore" | "unreadTotal">;

export function conversationsOf(client: Client): ConversationsData {
  const { items, hasMore, unreadTotal } = client.conversations.getSnapshot();
  return { items, hasMore, unreadTotal };
}

/** Keeps the cached list equal to the connection's, which merges what sockets bring. */
export function followConversations(client: Client, queryClient: QueryClient, scope: string): () => void {
  const write = () => {
    if (client.conversations.getSnapshot().status !== "ready") return;
    queryClient.setQueryData<ConversationsData>(chatKeys.conversations(scope), conversationsOf(client));
  };
  write();
  return client.conversations.subscribe(write);
}
