import type { CallState } from "../../core/calls/call-state.ts";
import { type Calls, createCalls } from "../../core/calls/calls.ts";
import type { Client } from "../../core/client.ts";
import { useClient } from "../client-context.tsx";
import { useSnapshot } from "../use-snapshot.ts";

const calls = new WeakMap<Client, Calls>();

/** The calls of this connection: one at a time, whoever shows it. `CallWindow` ends it with its page. */
export function callsOf(client: Client): Calls {
  const present = calls.get(client) ?? createCalls(client);
  calls.set(client, present);
  return present;
}

export function endCalls(client: Client): void {
  calls.get(client)?.close();
  calls.delete(client);
}

export function useCalls(): Calls {
  return callsOf(useClient());
}

export interface UseCall extends Omit<Calls, "state" | "close"> {
  call: CallState;
}

/** The present call, and what one can do about it. `CallWindow` has to be on the page: it rings. */
export function useCall(): UseCall {
  const { state, close: _, ...actions } = useCalls();
  return { call: useSnapshot(state), ...actions };
}
