import { NotificationBell } from "@parloir/client/react/alerts/notification-bell.tsx";
import { ChatToasts } from "@parloir/client/react/alerts/toasts.tsx";
import { useTitleCount } from "@parloir/client/react/alerts/use-title-count.ts";
import { CallWindow } from "@parloir/client/react/calls/lazy.tsx";
import { ConnectionNotice, useShownStatus } from "@parloir/client/react/connection.tsx";
import { ChatProvider } from "@parloir/client/react/provider.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { ReactNode } from "react";
import { Bar, leave } from "../bar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { PageLinks } from "../page-links.tsx";
import { LanguageSwitch, ThemeSwitch } from "../preferences.tsx";
import { addressOf, go } from "../route.ts";
import { token } from "../session.ts";
import { theme } from "../theme.ts";
import { useHostTexts } from "./texts.ts";

interface HostPageProps {
  /** Null: somebody who only looks. */
  user: { id: string; name: string } | null;
  name: "marketplace" | "portal" | "bank";
  /** The recipe's own file, as it stands. */
  source: string;
  children: ReactNode;
}

/** What the pages of host applications have in common: one provider, the bell, toasts, and their source to read. */
export function HostPage({ user, ...page }: HostPageProps) {
  const { language } = useLanguage();
  return (
    <ChatProvider url={location.origin} userId={user?.id ?? null} getToken={token} language={language}>
      <Frame user={user} {...page} />
    </ChatProvider>
  );
}

function Frame({ user, name, source, children }: HostPageProps) {
  const t = useHostTexts();
  const shownTheme = useSnapshot(theme);
  useTitleCount(`${t[name]} · Parloir`);
  return (
    <div className="host-page" data-testid={name}>
      {user ? <SignedInBar user={user} /> : <PublicBar />}
      <main>
        <header className="host-head">
          <h1>{t[name]}</h1>
          <p className="quiet">{t[`${name}Intro`]}</p>
        </header>
        {children}
        <details className="source">
          <summary>{t.source}</summary>
          <pre>
            <code>{source}</code>
          </pre>
        </details>
      </main>
      {user && <ChatToasts theme={shownTheme} onOpen={(id) => go(addressOf(id))} onFollow={go} />}
    </div>
  );
}

function SignedInBar({ user }: { user: { id: string; name: string } }) {
  return (
    <>
      <Bar
        user={user}
        status={useShownStatus()}
        alerts={<NotificationBell onOpen={(id) => go(addressOf(id))} />}
      >
        <PageLinks />
      </Bar>
      <CallWindow />
      <ConnectionNotice onSignOut={leave} />
    </>
  );
}

function PublicBar() {
  const t = useHostTexts();
  return (
    <header className="bar">
      <div className="bar-brand">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        Parloir
      </div>
      <span className="bar-gap" />
      <LanguageSwitch />
      <ThemeSwitch />
      <a className="button button-filled" href="/sign-in?next=/marketplace" data-testid="sign-in">
        {t.signIn}
      </a>
    </header>
  );
}
