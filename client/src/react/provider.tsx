import { QueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo } from "react";
import { followConversations } from "./cache/follow.ts";
import { ChatContext } from "./chat-context.ts";
import { useClient, useReady } from "./client-context.tsx";
import { ClientProvider, type ClientProviderProps } from "./client-provider.tsx";

interface CacheProps {
  /** The application's own cache, when its tools are to see the chat's entries; they begin with "parloir". */
  queryClient?: QueryClient;
}

export type ChatProviderProps = ClientProviderProps & CacheProps;

/** One connection for everything below it, with a cache that the hooks read. */
export function ChatProvider({ queryClient, children, ...props }: ChatProviderProps) {
  const userId = "client" in props ? props.client.me() : props.userId;
  return (
    <ClientProvider {...props}>
      <Cache scope={userId ?? ""} {...(queryClient ? { queryClient } : {})}>
        {children}
      </Cache>
    </ClientProvider>
  );
}

function Cache({ scope, queryClient: given, children }: CacheProps & { scope: string; children: ReactNode }) {
  const client = useClient();
  const ready = useReady();
  const queryClient = useMemo(() => given ?? new QueryClient(), [given]);
  useEffect(
    () => (ready ? followConversations(client, queryClient, scope) : undefined),
    [ready, client, queryClient, scope],
  );
  const chat = useMemo(() => ({ client, ready, queryClient, scope }), [client, ready, queryClient, scope]);
  return <ChatContext value={chat}>{children}</ChatContext>;
}
