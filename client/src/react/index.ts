/** What a React application uses. Styles: `@parloir/client/styles.css`; without them the components are plain markup. */
export type {
  Attachment,
  Conversation,
  Message,
  Notification,
  Participant,
  Presence,
  Reaction,
  Subject,
} from "@parloir/contracts/shapes.ts";
export { type Client, CodedError, type ErrorCode } from "../core/client.ts";
export { NotificationBell, type NotificationBellProps } from "./alerts/notification-bell.tsx";
export { ChatToasts, type ChatToastsProps, notify, type Toast } from "./alerts/toasts.tsx";
export { useSound } from "./alerts/use-sound.ts";
export { useTitleCount } from "./alerts/use-title-count.ts";
export { MessageBadge, type MessageBadgeProps } from "./badge.tsx";
export { chatKeys } from "./cache/keys.ts";
export type { CallButtonProps } from "./calls/call-button.tsx";
export { CallButton, CallWindow } from "./calls/lazy.tsx";
export { useClient, useReady, useSignedIn } from "./client-context.tsx";
export { ConnectionNotice } from "./connection.tsx";
export { useChannel } from "./hooks/use-channel.ts";
export { type ChatTarget, type UseChat, useChat } from "./hooks/use-chat.ts";
export { type UseChatMessages, useChatMessages } from "./hooks/use-chat-messages.ts";
export { useConversations, useUnread } from "./hooks/use-conversations.ts";
export { type UseMessages, useMessages } from "./hooks/use-messages.ts";
export { useNotifications } from "./hooks/use-notifications.ts";
export { useOpenThread } from "./hooks/use-open-thread.ts";
export { usePresence } from "./hooks/use-presence.ts";
export { useSocket } from "./hooks/use-socket.ts";
export { useTyping } from "./hooks/use-typing.ts";
export { ChatBox, type ChatBoxProps, ChatTicket, type ChatTicketProps } from "./host/chat-box.tsx";
export { ChatWidget, type ChatWidgetProps } from "./host/chat-widget.tsx";
export { ContactSellerButton, type ContactSellerButtonProps } from "./host/contact-seller-button.tsx";
export { AdminChat, Messenger, type MessengerProps } from "./host/messenger.tsx";
export { ChatLanguage, useTexts } from "./language.tsx";
export { ConversationCard, type ConversationCardProps } from "./list/conversation-card.tsx";
export { ConversationList, type ConversationListProps } from "./list/conversation-list.tsx";
export { ChatProvider, type ChatProviderProps } from "./provider.tsx";
export { Announcer as MessageAnnouncer } from "./thread/announcer.tsx";
export { ChatWindow, type ChatWindowProps } from "./thread/chat-window.tsx";
export { Composer as MessageInput } from "./thread/composer.tsx";
export { ConversationMenu, type ConversationMenuProps } from "./thread/conversation-menu.tsx";
export { MessageList } from "./thread/message-list.tsx";
export { ThreadActions } from "./thread/thread-ui.tsx";
export { TypingIndicator } from "./thread/typing-indicator.tsx";
export { useSelected, useSnapshot } from "./use-snapshot.ts";
