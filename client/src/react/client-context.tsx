import { createContext, useContext } from "react";
import type { Client } from "../core/client.ts";

export const ClientContext = createContext<Client | null>(null);

/** The connection of the nearest `ChatProvider`. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("no ChatProvider above");
  return client;
}
