import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import * as chat from "./index.ts";

/** In Node, without a page: everything renders, and nothing is connected or asked for. */
const id = "00000000-0000-4000-8000-000000000001";
const nothing = () => undefined;

const people = ["ana", "bob"].map((userId) => ({ userId, name: userId, role: "client", lastReadSeq: 0 }));
const conversation = {
  id,
  kind: "direct",
  status: "open",
  subject: null,
  participants: people,
  lastMessage: null,
  lastSeq: 2,
  lastReadSeq: 0,
  unreadCount: 2,
  createdAt: "2026-01-15T22:30:00.000Z",
} as unknown as chat.Conversation;

function List() {
  return <chat.MessageList thread={chat.useClient().thread(id)} conversation={conversation} name="Bob" />;
}

/** Each with what it says before there is a connection. */
const elements = {
  ConversationList: {
    element: <chat.ConversationList openId={null} onOpen={nothing} />,
    says: "Chargement…",
  },
  ChatWindow: { element: <chat.ChatWindow conversationId={id} />, says: "Chargement…" },
  ChatBox: { element: <chat.ChatBox target={{ conversationId: id }} />, says: "Chargement…" },
  ChatTicket: { element: <chat.ChatTicket ticket={{ id: "7", title: "A leak" }} />, says: "Chargement…" },
  AdminChat: { element: <chat.AdminChat />, says: "Aucune conversation ouverte" },
  ChatWidget: { element: <chat.ChatWidget />, says: "Ouvrir les messages" },
  ContactSellerButton: {
    element: (
      <chat.ContactSellerButton
        seller={{ id: "bob", name: "Bob" }}
        listing={{ id: "l1", title: "A bicycle" }}
        onOpen={nothing}
        onSignIn={nothing}
      />
    ),
    says: "Contacter le vendeur",
  },
  NotificationBell: { element: <chat.NotificationBell onOpen={nothing} />, says: "Notifications" },
  MessageBadge: { element: <chat.MessageBadge count={120} />, says: "120 messages non lus" },
  TypingIndicator: { element: <chat.TypingIndicator conversationId={id} />, says: "thread-typing" },
  ChatToasts: { element: <chat.ChatToasts onOpen={nothing} />, says: "Notifications" },
  Messenger: { element: <chat.Messenger stacked onNew={nothing} />, says: "Aucune conversation ouverte" },
  ConversationCard: {
    element: <chat.ConversationCard conversation={conversation} onOpen={nothing} href="/messages/1" />,
    says: "2 messages non lus",
  },
  ConversationMenu: {
    element: <chat.ConversationMenu conversationId={id} />,
    says: "Actions pour cette conversation",
  },
  MessageInput: { element: <chat.MessageInput conversationId={id} name="Bob" />, says: "Écrire à Bob" },
  MessageList: { element: <List />, says: "Messages avec Bob" },
  ThreadActions: {
    element: (
      <chat.ThreadActions conversationId={id}>
        <List />
        <chat.MessageInput conversationId={id} name="Bob" takesFocus={false} />
      </chat.ThreadActions>
    ),
    says: "Écrire à Bob",
  },
  MessageAnnouncer: { element: <chat.MessageAnnouncer conversationId={id} />, says: "aria-live" },
  // Nothing to say, and nobody to call, until the page runs.
  ConnectionNotice: { element: <chat.ConnectionNotice onSignOut={nothing} />, says: "" },
  CallButton: { element: <chat.CallButton conversationId={id} />, says: "" },
  CallWindow: { element: <chat.CallWindow />, says: "" },
} satisfies Record<string, { element: ReactNode; says: string }>;

function render(children: ReactNode, userId: string | null = "ana"): string {
  const getToken = () => Promise.reject(new Error("a server has no token of a browser's"));
  const fetch = () => Promise.reject(new Error("nothing is asked for"));
  return renderToString(
    <chat.ChatProvider
      url="http://cluster.test"
      userId={userId}
      getToken={getToken}
      fetch={fetch}
      language="fr"
    >
      {children}
    </chat.ChatProvider>,
  );
}

test.each(Object.entries(elements))("%s renders on a server", (_name, { element, says }) => {
  const rendered = render(element);
  if (says === "") expect(rendered).toBe("");
  else expect(rendered).toContain(says);
});

test("every component of the package is among them", () => {
  const components = Object.keys(chat).filter((name) => /^[A-Z]/.test(name));
  const around = ["ChatProvider", "ChatLanguage"]; // Around all of them.
  const others = ["CodedError"];
  expect([...Object.keys(elements), ...around, ...others].sort()).toEqual(components.sort());
});

test("hooks tell on a server that everything is loading", () => {
  function Page() {
    const { isLoading, conversations, isConnected } = chat.useMessages();
    const { isLoading: isChatLoading } = chat.useChat({ kind: "support" });
    const thread = chat.useChatMessages(id);
    const list = chat.useConversations();
    const bell = chat.useNotifications();
    const { status } = chat.useSocket();
    chat.useChannel("project:42", nothing);
    chat.useOpenThread(id);
    chat.useTitleCount("Orders");
    const rest = {
      ...{ thread: thread.isLoading, list: list.isLoading, bell: bell.isLoading, status },
      ...{
        unread: chat.useUnread(),
        presence: chat.usePresence(["bob"]),
        typing: chat.useTyping(id).typing,
      },
      ...{ sound: chat.useSound() },
    };
    return <>{JSON.stringify({ isLoading, conversations, isConnected, isChatLoading, ...rest })}</>;
  }
  expect(JSON.parse(render(<Page />).replaceAll("&quot;", '"'))).toEqual({
    isLoading: true,
    conversations: [],
    isConnected: false,
    isChatLoading: true,
    thread: true,
    list: true,
    bell: true,
    status: "connecting",
    unread: 0,
    presence: {},
    typing: [],
    sound: null,
  });
});

test("who is not signed in is asked to", () => {
  expect(render(elements.ContactSellerButton.element, null)).toContain("Se connecter pour écrire");
  expect(render(elements.ChatWidget.element, null)).toBe("");
});
