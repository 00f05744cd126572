import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import * as chat from "./index.ts";

/** In Node, without a page: everything renders, and nothing is connected or asked for. */
const id = "00000000-0000-4000-8000-000000000001";
const nothing = () => undefined;

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
  expect(render(element)).toContain(says);
});

test("hooks tell on a server that everything is loading", () => {
  function Page() {
    const { isLoading, conversations, isConnected } = chat.useMessages();
    const { isLoading: isChatLoading } = chat.useChat({ kind: "support" });
    return <>{JSON.stringify({ isLoading, conversations, isConnected, isChatLoading })}</>;
  }
  expect(render(<Page />).replaceAll("&quot;", '"')).toBe(
    '{"isLoading":true,"conversations":[],"isConnected":false,"isChatLoading":true}',
  );
});

test("who is not signed in is asked to", () => {
  expect(render(elements.ContactSellerButton.element, null)).toContain("Se connecter pour écrire");
  expect(render(elements.ChatWidget.element, null)).toBe("");
});
