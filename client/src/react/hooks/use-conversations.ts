import { type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type ConversationsData, conversationsOf } from "../cache/follow.ts";
import { chatKeys } from "../cache/keys.ts";
import { type Chat, useChatContext } from "../chat-context.ts";

function listOptions({ client, ready, scope }: Chat) {
  return {
    queryKey: chatKeys.conversations(scope),
    async queryFn() {
      await client.refreshConversations();
      const { status, error } = client.conversations.getSnapshot();
      if (status !== "ready") throw error;
      return conversationsOf(client);
    },
    enabled: ready,
    // Sockets bring what changes, and the connection reads again by itself after an absence.
    staleTime: Number.POSITIVE_INFINITY,
  } satisfies UseQueryOptions<ConversationsData>;
}

export interface UseConversations {
  /** Newest activity first. */
  conversations: ConversationsData["items"];
  unreadTotal: number;
  hasMore: boolean;
  isLoading: boolean;
  error: Error | null;
  loadMore(): Promise<void>;
  refetch: UseQueryResult["refetch"];
}

/** The person's conversations, kept up to date. */
export function useConversations(): UseConversations {
  const chat = useChatContext();
  const { data, isPending, error, refetch } = useQuery<ConversationsData>(
    listOptions(chat),
    chat.queryClient,
  );
  return {
    conversations: data?.items ?? none,
    unreadTotal: data?.unreadTotal ?? 0,
    hasMore: data?.hasMore ?? false,
    isLoading: isPending,
    error,
    loadMore: chat.client.loadMoreConversations,
    refetch,
  };
}

const none: ConversationsData["items"] = [];

/** Unread messages, over all conversations or of one. */
export function useUnread(conversationId?: string): number {
  const chat = useChatContext();
  const { data } = useQuery(
    {
      ...listOptions(chat),
      select: ({ items, unreadTotal }: ConversationsData) =>
        conversationId === undefined
          ? unreadTotal
          : (items.find(({ id }) => id === conversationId)?.unreadCount ?? 0),
    },
    chat.queryClient,
  );
  return data ?? 0;
}
