import type { CallState } from "../../core/calls/call-state.ts";
import { type Calls, createCalls } from "../../core/calls/calls.ts";
import type { Client } from "../../core/client.ts";
import { useClient } from "../client-context.tsx";
import { useSnapshot } from "../use-snapshot.ts";

interface Held {
  calls: Calls;
  /** How many windows show them. */
  windows: number;
}

const held = new WeakMap<Client, Held>();

function heldOf(client: Client): Held {
  const present = held.get(client) ?? { calls: createCalls(client), windows: 0 };
  held.set(client, present);
  return present;
}

/** The calls of this connection: one at a time, whoever shows it. */
export function callsOf(client: Client): Calls {
  return heldOf(client).calls;
}

/**
 * `CallWindow` keeps the calls as long as it is on the page. They end a moment after the last one has gone: one that
 * takes its place, on the next route or in a second mounting of React's strict mode, goes on with them.
 */
export function holdCalls(client: Client): () => void {
  const mine = heldOf(client);
  mine.windows++;
  return () => {
    mine.windows--;
    setTimeout(() => {
      if (mine.windows > 0 || held.get(client) !== mine) return;
      mine.calls.close();
      held.delete(client);
    });
  };
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
