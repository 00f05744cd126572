import type { CallEnding } from "@parloir/contracts/calls.ts";
import type { Client } from "../client.ts";
import { asCodedError } from "../link.ts";

/** Ends and refusals of calls. Here they hold at once; the cluster is told when it can be. */
export interface Farewells {
  end(callId: string, ending: CallEnding): void;
  decline(callId: string): void;
  /** Connected again. */
  again(): void;
  /** This call is over for us, whatever the cluster still says of it. */
  has(callId: string): boolean;
}

export function createFarewells(request: Client["request"]): Farewells {
  const said = new Set<string>();
  const unsaid = new Map<string, () => Promise<unknown>>();

  function say(callId: string): void {
    unsaid
      .get(callId)?.()
      .then(
        () => unsaid.delete(callId),
        // Anything but silence is an answer: then it is over already.
        (error: unknown) => asCodedError(error).code !== "UNAVAILABLE" && unsaid.delete(callId),
      );
  }

  function add(callId: string, ask: () => Promise<unknown>): void {
    said.add(callId);
    unsaid.set(callId, ask);
    say(callId);
  }

  return {
    end(callId, ending) {
      const because = ending === "unanswered" || ending === "failed" ? ending : undefined;
      add(callId, () => request("end_call", because === undefined ? { callId } : { callId, because }));
    },
    decline: (callId) => add(callId, () => request("decline_call", { callId })),
    again() {
      for (const callId of unsaid.keys()) say(callId);
    },
    has: (callId) => said.has(callId),
  };
}
