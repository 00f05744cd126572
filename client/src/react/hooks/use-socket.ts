import type { Client } from "../../core/client.ts";
import type { ConnectionState } from "../../core/link.ts";
import { useClient } from "../client-context.tsx";
import { useSnapshot } from "../use-snapshot.ts";

export interface UseSocket extends ConnectionState {
  isConnected: boolean;
  /** Tries again at once. It does so by itself, for ever, at growing and random distances. */
  reconnect(): void;
  /** Everything else. */
  client: Client;
}

/** The state of the connection. */
export function useSocket(): UseSocket {
  const client = useClient();
  const state = useSnapshot(client.connection);
  return { ...state, isConnected: state.status === "online", reconnect: client.reconnect, client };
}
