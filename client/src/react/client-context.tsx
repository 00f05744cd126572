import { createContext, useContext } from "react";
import type { Client } from "../core/client.ts";

export const ClientContext = createContext<Client | null>(null);

/** False on a server, until the page runs, and while nobody is signed in: nothing is asked for then. */
export const ReadyContext = createContext(false);

/** Whether somebody is signed in, connected or not yet. */
export const SignedInContext = createContext(false);

/** The connection of the nearest `ChatProvider`. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("no ChatProvider above");
  return client;
}

export const useSignedIn = () => useContext(SignedInContext);
export const useReady = () => useContext(ReadyContext);
