import type { CreateConversationBody } from "@parloir/contracts/http.ts";
import type { Conversation, Message, Participant } from "@parloir/contracts/shapes.ts";
import type { Pending } from "../../core/outbox.ts";
import { useChatContext } from "../chat-context.ts";
import { othersOf } from "../thread/names.ts";
import { useSelected } from "../use-snapshot.ts";
import { useChatMessages } from "./use-chat-messages.ts";
import { useConversations } from "./use-conversations.ts";
import { useSocket } from "./use-socket.ts";

export interface UseMessages {
  conversations: readonly Conversation[];
  selectedConversation: Conversation | null;
  messages: readonly Message[];
  pending: readonly Pending[];
  isLoading: boolean;
  unreadTotal: number;
  isConnected: boolean;
  currentUserId: string | null;
  selectConversation(conversationId: string | null): void;
  /** Into the selected conversation. */
  sendMessage(content: string): void;
  /** Makes or finds it, and selects it. @throws CodedError */
  startConversation(body: CreateConversationBody): Promise<Conversation>;
  /** At every keystroke; false when the text was cleared. */
  sendTypingIndicator(isTyping: boolean): void;
  /** The selected one by default. It happens by itself for what is seen. @throws CodedError */
  markAsRead(conversationId?: string): Promise<void>;
  getOtherParticipant(conversation: Conversation): Participant | undefined;
}

/** A messenger in one hook: the list, the conversation that is selected, and what one does in it. */
export function useMessages(): UseMessages {
  const { client } = useChatContext();
  const { conversations, unreadTotal, isLoading } = useConversations();
  const { isConnected } = useSocket();
  const selectedId = useSelected(client.viewing, (viewing) => viewing.conversationId);
  const thread = useChatMessages(selectedId);
  const selected = conversations.find(({ id }) => id === selectedId) ?? null;
  return {
    conversations,
    selectedConversation: selected,
    messages: thread.messages,
    pending: thread.pending,
    isLoading: isLoading || thread.isLoading,
    unreadTotal,
    isConnected,
    currentUserId: client.me(),
    selectConversation: client.open,
    sendMessage(content) {
      if (selectedId !== null) client.send({ conversationId: selectedId, content });
    },
    async startConversation(body) {
      const conversation = await client.startConversation(body);
      client.open(conversation.id);
      return conversation;
    },
    sendTypingIndicator(isTyping) {
      if (!isTyping) client.stopTyping();
      else if (selectedId !== null) client.pressKey(selectedId);
    },
    async markAsRead(conversationId = selectedId ?? undefined) {
      if (conversationId !== undefined) await client.markRead(conversationId);
    },
    getOtherParticipant: (conversation) => othersOf(conversation, client.me())[0],
  };
}
