import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Client } from "../core/client.ts";

export interface Chat {
  client: Client;
  /** False on a server and until the page runs: nothing is asked for then. */
  ready: boolean;
  queryClient: QueryClient;
  /** Whose cache entries these are. */
  scope: string;
}

export const ChatContext = createContext<Chat | null>(null);

export function useChatContext(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("no ChatProvider above");
  return chat;
}
