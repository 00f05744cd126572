import { CodedError } from "@parloir/contracts/errors.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { MessageAddress } from "../../core/client.ts";
import type { OutboxMessage, Pending } from "../../core/outbox.ts";
import { chatKeys } from "../cache/keys.ts";
import { allMessages, followRun, type MessagePage, type MessagePages } from "../cache/pages.ts";
import { readPage } from "../cache/thread-pages.ts";
import { useChatContext } from "../chat-context.ts";
import { createIdleThread } from "../idle-client.ts";
import { useSelected } from "../use-snapshot.ts";

type Written = Omit<OutboxMessage, "conversationId">;

export interface UseChatMessages {
  /** Confirmed ones, oldest first, without gaps. */
  messages: readonly Message[];
  /** Own ones that are on their way, or failed: they stay until `retry` or `discard`. */
  pending: readonly Pending[];
  isLoading: boolean;
  error: Error | null;
  hasOlder: boolean;
  isLoadingOlder: boolean;
  loadOlder(): Promise<unknown>;
  /**
   * Shows at once, goes out as soon as it can, and is never sent twice.
   * @throws CodedError UNAVAILABLE while there is no conversation
   */
  sendMessage(content: string, more?: Omit<Written, "content">): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /** @throws CodedError, as the next two */
  edit(message: MessageAddress, content: string): Promise<Message>;
  remove(message: MessageAddress): Promise<Message>;
  react(message: MessageAddress, emoji: string, on: boolean): Promise<Message>;
}

/** A conversation's messages as an infinite query keyed by seq. Null: none, and nothing is asked for. */
export function useChatMessages(conversationId: string | null): UseChatMessages {
  const { client, ready, queryClient, scope } = useChatContext();
  const id = conversationId ?? "";
  const thread = useMemo(() => (id === "" ? createIdleThread(id) : client.thread(id)), [client, id]);
  const enabled = ready && conversationId !== null;
  const queryKey = useMemo(() => chatKeys.messages(scope, id), [scope, id]);
  const query = useInfiniteQuery<MessagePage, Error, MessagePages, typeof queryKey, number | null>(
    {
      queryKey,
      queryFn: ({ pageParam, signal }) => readPage(thread, pageParam, signal),
      initialPageParam: null,
      getNextPageParam: (oldest) => (oldest.hasOlder ? oldest.messages[0]?.seq : undefined),
      enabled,
      // Sockets bring what changes. Unused it is forgotten at once: the connection has it in memory, and knows better.
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 0,
      retry: false,
    },
    queryClient,
  );

  useEffect(() => {
    if (!enabled) return;
    const write = () => {
      const { status, messages, hasOlder } = thread.state.getSnapshot();
      if (status !== "ready") return;
      queryClient.setQueryData<MessagePages>(
        queryKey,
        (data) => data && followRun(data, { messages, hasOlder }),
      );
    };
    write();
    return thread.state.subscribe(write);
  }, [enabled, thread, queryClient, queryKey]);

  const pending = useSelected(thread.state, (state) => state.pending);
  const { data, isPending, error, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const messages = useMemo(() => allMessages(data), [data]);
  return {
    messages,
    pending,
    isLoading: enabled ? isPending : conversationId !== null,
    error,
    hasOlder: hasNextPage,
    isLoadingOlder: isFetchingNextPage,
    loadOlder: fetchNextPage,
    sendMessage(content, more = {}) {
      // It would be refused, and stand in no thread with its retry.
      if (id === "") throw new CodedError("UNAVAILABLE", "there is no conversation yet");
      client.send({ ...more, conversationId: id, content });
    },
    retry: client.retry,
    discard: client.discard,
    edit: client.edit,
    remove: client.delete,
    react: client.react,
  };
}
