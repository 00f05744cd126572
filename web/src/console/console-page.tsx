import { type Client, createClient } from "@parloir/client/core/client.ts";
import { createSupportList } from "@parloir/client/core/support/support-list.ts";
import { createTeam, type Team } from "@parloir/client/core/support/team.ts";
import { CallWindow } from "@parloir/client/react/calls/lazy.tsx";
import { ClientContext, ReadyContext } from "@parloir/client/react/client-context.tsx";
import { ConnectionNotice, useShownStatus } from "@parloir/client/react/connection.tsx";
import { Announcer } from "@parloir/client/react/thread/announcer.tsx";
import { useSelected, useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useEffect, useMemo, useRef, useState } from "react";
import { AdminNav } from "../admin-nav.tsx";
import { Bar, leave } from "../bar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { go, route } from "../route.ts";
import { token } from "../session.ts";
import { createActions } from "./actions.ts";
import { type ConsoleAddress, readAddress, writeAddress } from "./address.ts";
import { Desk } from "./desk.tsx";
import { ConsoleContext, type ConsoleParts, useConsole, useConsoleTexts } from "./desk-context.tsx";
import { createNotices, NoticeList } from "./notices.tsx";
import { TeamButton } from "./team-dialog.tsx";
import { consoleTexts } from "./texts.ts";

interface ConsolePageProps {
  user: { id: string; name: string };
}

/** Where agents answer. */
export default function ConsolePage({ user }: ConsolePageProps) {
  const [connected, setConnected] = useState<{ client: Client; team: Team } | null>(null);

  useEffect(() => {
    const client = createClient({ url: location.origin, userId: user.id, getToken: token });
    const team = createTeam(client);
    setConnected({ client, team });
    return () => {
      team.close();
      client.close();
    };
  }, [user.id]);

  if (!connected) return null;
  return (
    <ClientContext value={connected.client}>
      <ReadyContext value={true}>
        <Connected {...connected} user={user} />
      </ReadyContext>
    </ClientContext>
  );
}

/** One list for each filter: another view is another list, and an answer that is late belongs to the former. */
function Connected({ client, team, user }: ConsolePageProps & { client: Client; team: Team }) {
  const address = readAddress(useSnapshot(route).search);
  const { view, status, text } = address;
  const notices = useMemo(createNotices, []);
  const { language } = useLanguage();
  const texts = useRef(consoleTexts[language]);
  texts.current = consoleTexts[language];
  const [parts, setParts] = useState<ConsoleParts | null>(null);

  useEffect(() => {
    const filter = { view, status, text };
    const list = createSupportList({
      rest: client.rest,
      onEvent: client.onEvent,
      me: () => user.id,
      filter,
    });
    const actions = createActions({
      client,
      list: () => list,
      team,
      notices,
      me: user.id,
      texts: () => texts.current,
    });
    setParts({ client, me: user, list, team, actions, notices });
    const ends = list.state.subscribe(() => team.see(list.state.getSnapshot().items));
    return () => {
      ends();
      list.close();
    };
  }, [client, team, notices, user, view, status, text]);

  if (!parts) return null;
  return (
    <ConsoleContext value={parts}>
      <Frame address={address} />
    </ConsoleContext>
  );
}

function Frame({ address }: { address: ConsoleAddress }) {
  const t = useConsoleTexts();
  const { client, me, list, notices } = useConsole();
  const status = useShownStatus();
  const { conversationId } = address;
  const isRefused = useSelected(list.state, (state) => state.error?.code === "FORBIDDEN");

  useEffect(() => client.open(conversationId), [client, conversationId]);
  useEffect(() => {
    document.title = `${t.title} · Parloir`;
  }, [t]);

  return (
    <div className="frame console" data-pane={conversationId === null ? "list" : "thread"}>
      <Bar user={me} status={status}>
        <AdminNav here="/admin/messages" />
        {!isRefused && <TeamButton />}
      </Bar>
      <CallWindow />
      <ConnectionNotice onSignOut={leave} />
      <main className="panes">
        {isRefused ? (
          <p className="console-refused" role="status">
            {t.notAgent}
          </p>
        ) : (
          <Desk address={address} go={(next) => go(writeAddress({ ...address, ...next }))} />
        )}
      </main>
      <NoticeList notices={notices} />
      {conversationId !== null && <Announcer conversationId={conversationId} />}
    </div>
  );
}
