import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { type Client, type ClientOptions, createClient } from "../core/client.ts";
import type { GetToken } from "../core/token.ts";
import { ClientContext, ReadyContext, SignedInContext } from "./client-context.tsx";
import { createIdleClient } from "./idle-client.ts";
import { ChatLanguage } from "./language.tsx";
import { type ChatSettings, SettingsContext, useSettings } from "./settings.ts";

interface SharedProps extends ChatSettings {
  /** `fr`, `en-GB` …; the browser's by default. */
  language?: string | undefined;
  children: ReactNode;
}

interface ConnectingProps extends SharedProps, Omit<ClientOptions, "userId"> {
  /** Who is signed in. Another person gets another connection; null, nobody yet, gets none. */
  userId: string | null;
}

interface ConnectedProps extends SharedProps {
  /** A connection that the application holds, and closes, itself. */
  client: Client;
}

export type ClientProviderProps = ConnectingProps | ConnectedProps;

/**
 * One connection for the components below it, without a cache: what a page needs that shows messages and uses none of
 * the hooks. Renders on a server too, where everything is still loading.
 */
export function ClientProvider(props: ClientProviderProps) {
  const { language, emojiDataUrl, children } = props;
  const own = useOwnClient("client" in props ? null : props);
  const idle = useMemo(createIdleClient, []);
  const live = "client" in props ? props.client : own;
  const outer = useSettings();
  const settings = useMemo(
    () => (emojiDataUrl === undefined ? outer : { ...outer, emojiDataUrl }),
    [outer, emojiDataUrl],
  );
  return (
    <ClientContext value={live ?? idle}>
      <ReadyContext value={live !== null}>
        <SignedInContext value={"client" in props || props.userId !== null}>
          <SettingsContext value={settings}>
            <ChatLanguage language={language}>{children}</ChatLanguage>
          </SettingsContext>
        </SignedInContext>
      </ReadyContext>
    </ClientContext>
  );
}

/** Null on a server, before the first effect, and while nobody is signed in. */
function useOwnClient(options: ConnectingProps | null): Client | null {
  const [client, setClient] = useState<Client | null>(null);
  const latest = useRef(options);
  latest.current = options;
  const url = options?.url;
  const userId = options?.userId ?? null;

  useEffect(() => {
    const present = latest.current;
    if (!present || url === undefined || userId === null) return;
    // Functions given inline are new with every rendering: the latest is asked, and none of them begins anew.
    const getToken: GetToken = (how) => latest.current?.getToken(how) ?? present.getToken(how);
    const { language: _, children: __, emojiDataUrl: ___, ...connecting } = present;
    const created = createClient({ ...connecting, url, userId, getToken });
    setClient(created);
    return () => {
      setClient(null);
      created.close();
    };
  }, [url, userId]);

  return client;
}
