import type { NotificationList } from "@parloir/contracts/notifications.ts";
import type { Notification } from "@parloir/contracts/shapes.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import {
  type BellPages,
  bellLines,
  bellUnread,
  withConversationsRead,
  withLine,
  withLinesRead,
} from "../cache/bell.ts";
import { chatKeys } from "../cache/keys.ts";
import { useChatContext } from "../chat-context.ts";
import { useSelected } from "../use-snapshot.ts";

export interface UseNotifications {
  /** Newest first. */
  notifications: readonly Notification[];
  unread: number;
  isLoading: boolean;
  error: Error | null;
  hasMore: boolean;
  loadMore(): Promise<unknown>;
  /** All of them without ids. @throws CodedError */
  markRead(ids?: readonly string[]): Promise<void>;
}

/** The person's bell, kept up to date. */
export function useNotifications(): UseNotifications {
  const { client, ready, queryClient, scope } = useChatContext();
  const queryKey = useMemo(() => chatKeys.notifications(scope), [scope]);
  const query = useInfiniteQuery<NotificationList, Error, BellPages, typeof queryKey, string | null>(
    {
      queryKey,
      queryFn: ({ pageParam }) => client.bell.page(pageParam),
      initialPageParam: null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
      enabled: ready,
      staleTime: Number.POSITIVE_INFINITY,
    },
    queryClient,
  );

  useEffect(() => {
    const change = (next: (data: BellPages) => BellPages) =>
      queryClient.setQueryData<BellPages>(queryKey, (data) => data && next(data));
    const readWithConversations = () =>
      change((data) =>
        withConversationsRead(data, client.conversations.getSnapshot().items, new Date().toISOString()),
      );
    const ends = [
      client.onNotification((line) => {
        change((data) => withLine(data, line));
        // An answer that is under way may have been read before this line was written.
        if (queryClient.isFetching({ queryKey }) > 0) void queryClient.invalidateQueries({ queryKey });
      }),
      client.onNotificationsRead((read) =>
        change((data) => withLinesRead(data, read, new Date().toISOString())),
      ),
      client.conversations.subscribe(readWithConversations),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, queryClient, queryKey]);

  // Lines are hints that nobody repeats: after each absence they are read anew.
  const since = useSelected(client.connection, ({ status, since }) => (status === "online" ? since : 0));
  useEffect(() => {
    const readAt = queryClient.getQueryState(queryKey)?.dataUpdatedAt ?? 0;
    if (readAt > 0 && readAt < since) void queryClient.invalidateQueries({ queryKey });
  }, [since, queryClient, queryKey]);

  const { data, isPending, error, hasNextPage, fetchNextPage } = query;
  return {
    notifications: useMemo(() => bellLines(data), [data]),
    unread: bellUnread(data),
    isLoading: isPending,
    error,
    hasMore: hasNextPage,
    loadMore: fetchNextPage,
    async markRead(ids) {
      const read = await client.bell.markRead(ids);
      queryClient.setQueryData<BellPages>(
        queryKey,
        (present) => present && withLinesRead(present, read, new Date().toISOString()),
      );
    },
  };
}
