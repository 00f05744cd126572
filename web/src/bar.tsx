import type { ConnectionState } from "@parloir/client/core/link.ts";
import { Icon } from "@parloir/client/react/icons.tsx";
import type { ReactNode } from "react";
import { useLanguage } from "./languages/language.tsx";
import { LanguageSwitch, ThemeSwitch } from "./preferences.tsx";
import { switchOff } from "./push/push.ts";
import { PushSwitch } from "./push/push-switch.tsx";
import { go } from "./route.ts";
import { session, signOut } from "./session.ts";

interface BarProps {
  user: { id: string; name: string };
  /** Null: nothing to say about a connection. */
  status: ConnectionState["status"] | null;
  children?: ReactNode;
  /** Beside the person's name. */
  alerts?: ReactNode;
}

const pushOffMs = 2_000;

/** Whoever uses this browser next must not be told of this person's messages. */
async function stopPush(): Promise<void> {
  const userId = session.getSnapshot()?.user.id;
  if (userId === undefined) return;
  const late = new Promise((resolve) => setTimeout(resolve, pushOffMs));
  await Promise.race([switchOff(userId).catch(() => undefined), late]);
}

export async function leave() {
  await stopPush();
  signOut();
  go("/sign-in");
}

/** The head of every page of somebody who is signed in. */
export function Bar({ user, status, children, alerts }: BarProps) {
  const { t } = useLanguage();
  return (
    <header className="bar">
      <div className="bar-brand">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        Parloir
      </div>
      {status !== null && (
        <div className="connection" data-testid="connection" data-status={status}>
          <span role="status">{t[status]}</span>
        </div>
      )}
      {children}
      <span className="bar-gap" />
      {alerts}
      <PushSwitch userId={user.id} />
      <LanguageSwitch />
      <ThemeSwitch />
      <span className="bar-me" data-testid="me" data-user-id={user.id}>
        {user.name}
      </span>
      <button
        type="button"
        className="button button-icon button-quiet"
        aria-label={t.signOut}
        title={t.signOut}
        onClick={() => void leave()}
      >
        <Icon name="leave" />
      </button>
    </header>
  );
}
