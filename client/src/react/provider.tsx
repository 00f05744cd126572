import { QueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { type Client, type ClientOptions, createClient } from "../core/client.ts";
import type { GetToken } from "../core/token.ts";
import { followConversations } from "./cache/follow.ts";
import { ChatContext } from "./chat-context.ts";
import { ClientContext } from "./client-context.tsx";
import { createIdleClient } from "./idle-client.ts";
import { ChatLanguage } from "./language.tsx";

interface SharedProps {
  /** `fr`, `en-GB` …; the browser's by default. */
  language?: string;
  /** The application's own cache, when its tools are to see the chat's entries; they begin with "parloir". */
  queryClient?: QueryClient;
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

export type ChatProviderProps = ConnectingProps | ConnectedProps;

/** One connection for everything below it. Renders on a server too, where everything is still loading. */
export function ChatProvider(props: ChatProviderProps) {
  const { language, queryClient: given, children } = props;
  const own = useOwnClient("client" in props ? null : props);
  const idle = useMemo(createIdleClient, []);
  const live = "client" in props ? props.client : own;
  const client = live ?? idle;
  const queryClient = useMemo(() => given ?? new QueryClient(), [given]);
  const userId = "client" in props ? props.client.me() : props.userId;
  const scope = userId ?? "";

  useEffect(
    () => (live === null ? undefined : followConversations(live, queryClient, scope)),
    [live, queryClient, scope],
  );

  const chat = useMemo(
    () => ({ client, ready: live !== null, queryClient, scope }),
    [client, live, queryClient, scope],
  );
  return (
    <ChatContext value={chat}>
      <ClientContext value={client}>
        <ChatLanguage language={language}>{children}</ChatLanguage>
      </ClientContext>
    </ChatContext>
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
    const { language: _, queryClient: __, children: ___, ...connecting } = present;
    const created = createClient({ ...connecting, url, userId, getToken });
    setClient(created);
    return () => {
      setClient(null);
      created.close();
    };
  }, [url, userId]);

  return client;
}
