import { useTitleCount } from "@parloir/client/react/alerts/use-title-count.ts";
import { CallWindow } from "@parloir/client/react/calls/lazy.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { ClientProvider } from "@parloir/client/react/client-provider.tsx";
import { ConnectionNotice, useShownStatus } from "@parloir/client/react/connection.tsx";
import { ConversationList } from "@parloir/client/react/list/conversation-list.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { whenIdle } from "@parloir/client/react/when-idle.ts";
import { lazy, Suspense, useEffect, useState } from "react";
import { Bar, leave } from "../bar.tsx";
import { fetchOrTake } from "../early.ts";
import { useLanguage } from "../languages/language.tsx";
import { PageLinks } from "../page-links.tsx";
import { onNotificationClick } from "../push/push.ts";
import { addressOf, go, route } from "../route.ts";
import { token } from "../session.ts";
import { ThreadPane } from "./thread-pane.tsx";

// The bell and its cache are not needed to see the first message, nor may they come in its way.
const Alerts = lazy(() => whenIdle().then(() => import("./alerts.tsx")));

const NewConversation = lazy(() => import("./new-conversation.tsx"));

const open = (conversationId: string) => go(addressOf(conversationId));

interface MessagesPageProps {
  user: { id: string; name: string };
}

export default function MessagesPage({ user }: MessagesPageProps) {
  const { language } = useLanguage();
  return (
    <ClientProvider
      url={location.origin}
      userId={user.id}
      getToken={token}
      fetch={fetchOrTake}
      language={language}
    >
      <Frame user={user} />
    </ClientProvider>
  );
}

function Frame({ user }: MessagesPageProps) {
  const client = useClient();
  const { t } = useLanguage();
  const { conversationId } = useSnapshot(route);
  const [choosing, setChoosing] = useState(false);
  const status = useShownStatus();

  useEffect(() => client.open(conversationId), [client, conversationId]);
  useEffect(() => onNotificationClick(open), []);
  useTitleCount(`${t.messages} · Parloir`);

  return (
    <div className="frame" data-pane={conversationId === null ? "list" : "thread"}>
      <Bar
        user={user}
        status={status}
        alerts={
          <Suspense>
            <Alerts onOpen={open} />
          </Suspense>
        }
      >
        <PageLinks />
      </Bar>
      <CallWindow />
      <ConnectionNotice onSignOut={leave} />
      <main className="panes">
        <ConversationList
          openId={conversationId}
          hrefOf={addressOf}
          onOpen={open}
          onNew={() => setChoosing(true)}
        />
        <ThreadPane key={conversationId} conversationId={conversationId} />
      </main>
      {choosing && (
        <Suspense>
          <NewConversation onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </div>
  );
}
