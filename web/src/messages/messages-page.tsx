import { type Client, createClient } from "@parloir/client/core/client.ts";
import { ClientContext } from "@parloir/client/react/client-context.tsx";
import { ConnectionNotice, useShownStatus } from "@parloir/client/react/connection.tsx";
import { ConversationList } from "@parloir/client/react/list/conversation-list.tsx";
import { Announcer } from "@parloir/client/react/thread/announcer.tsx";
import { useSelected, useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useEffect, useState } from "react";
import { Bar, leave } from "../bar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { addressOf, go, route } from "../route.ts";
import { token } from "../session.ts";
import { NewConversation } from "./new-conversation.tsx";
import { ThreadPane } from "./thread-pane.tsx";

interface MessagesPageProps {
  user: { id: string; name: string };
}

export default function MessagesPage({ user }: MessagesPageProps) {
  const [client, setClient] = useState<Client | null>(null);

  useEffect(() => {
    const next = createClient({ url: location.origin, userId: user.id, getToken: token });
    setClient(next);
    return () => next.close();
  }, [user.id]);

  if (!client) return null;
  return (
    <ClientContext value={client}>
      <Frame client={client} user={user} />
    </ClientContext>
  );
}

function Frame({ client, user }: MessagesPageProps & { client: Client }) {
  const { t } = useLanguage();
  const { conversationId } = useSnapshot(route);
  const [choosing, setChoosing] = useState(false);
  const status = useShownStatus();
  const unread = useSelected(client.conversations, (state) => state.unreadTotal);

  useEffect(() => client.open(conversationId), [client, conversationId]);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${t.messages} · Parloir` : `${t.messages} · Parloir`;
  }, [unread, t]);

  return (
    <div className="frame" data-pane={conversationId === null ? "list" : "thread"}>
      <Bar user={user} status={status} />
      <ConnectionNotice onSignOut={leave} />
      <main className="panes">
        <ConversationList
          openId={conversationId}
          hrefOf={addressOf}
          onOpen={(id) => go(addressOf(id))}
          onNew={() => setChoosing(true)}
        />
        <ThreadPane key={conversationId} conversationId={conversationId} />
      </main>
      {choosing && <NewConversation onClose={() => setChoosing(false)} />}
      <Announcer conversationId={conversationId} />
    </div>
  );
}
