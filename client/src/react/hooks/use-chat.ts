import type { CreateConversationBody } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useQuery } from "@tanstack/react-query";
import { chatKeys } from "../cache/keys.ts";
import { useChatContext } from "../chat-context.ts";
import { useSelected } from "../use-snapshot.ts";
import { type UseChatMessages, useChatMessages } from "./use-chat-messages.ts";
import { useOpenThread } from "./use-open-thread.ts";

/** A conversation by its id, or by whom it is with and what it is about: then it is made, or found. */
export type ChatTarget =
  | { conversationId: string }
  | Pick<CreateConversationBody, "kind" | "recipientId" | "subject">;

export interface UseChat extends UseChatMessages {
  conversationId: string | null;
  conversation: Conversation | undefined;
}

/**
 * One conversation, from nothing to its messages. While this is mounted it is the open one: what is seen of it is
 * marked as read, and makes no notifications.
 * @param target null: none yet
 */
export function useChat(target: ChatTarget | null): UseChat {
  const { client, conversationId, error } = useConversation(target);
  useOpenThread(conversationId);
  const conversation = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const chat = useChatMessages(conversationId);
  return {
    ...chat,
    conversationId,
    conversation,
    isLoading: chat.isLoading || (target !== null && conversationId === null && error === null),
    error: error ?? chat.error,
  };
}

/** The id of a target. Asking twice is asking once: the server finds the one that exists. */
export function useConversation(target: ChatTarget | null) {
  const { client, ready, queryClient, scope } = useChatContext();
  const known = target && "conversationId" in target ? target.conversationId : null;
  const { data, error, refetch } = useQuery(
    {
      queryKey: chatKeys.target(scope, target ?? {}),
      queryFn: async () => (await client.startConversation(bodyOf(target ?? {}))).id,
      enabled: ready && target !== null && known === null,
      staleTime: Number.POSITIVE_INFINITY,
    },
    queryClient,
  );
  return { client, conversationId: known ?? data ?? null, error: known === null ? error : null, refetch };
}

function bodyOf(target: object): CreateConversationBody {
  const body = target as CreateConversationBody;
  return body.kind === undefined && body.recipientId === undefined ? { ...body, kind: "support" } : body;
}
