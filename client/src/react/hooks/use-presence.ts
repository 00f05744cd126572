import { useEffect } from "react";
import type { PresenceState } from "../../core/presence.ts";
import { useClient } from "../client-context.tsx";
import { useSnapshot } from "../use-snapshot.ts";

/** Who of these people is online, away or offline; those are absent of whom nothing is known. */
export function usePresence(userIds: readonly string[]): PresenceState {
  const client = useClient();
  // Arrays given inline are new with every rendering. No id has a blank in it.
  const people = userIds.join(" ");
  useEffect(() => (people === "" ? undefined : client.presences.watch(people.split(" "))), [client, people]);
  return useSnapshot(client.presences.state);
}
