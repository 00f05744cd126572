import type { Client } from "@parloir/client/core/client.ts";
import type { SupportList } from "@parloir/client/core/support/support-list.ts";
import type { Team } from "@parloir/client/core/support/team.ts";
import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import { createContext, useContext, useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import type { Actions } from "./actions.ts";
import type { Notices } from "./notices.tsx";
import { type ConsoleTexts, consoleTexts } from "./texts.ts";

/** What every part of the console works with. */
export interface ConsoleParts {
  client: Client;
  me: { id: string; name: string };
  list: SupportList;
  team: Team;
  actions: Actions;
  notices: Notices;
}

export const ConsoleContext = createContext<ConsoleParts | null>(null);

export function useConsole(): ConsoleParts {
  const parts = useContext(ConsoleContext);
  if (!parts) throw new Error("useConsole outside ConsoleContext");
  return parts;
}

export function useConsoleTexts(): ConsoleTexts {
  return consoleTexts[useLanguage().language];
}

/** The name of an agent; whoever is not (any more) in the team is known by their id. */
export function useAgentName(): (userId: string) => string {
  const desks = useSelected(useConsole().team.state, (state) => state.desks);
  return useMemo(() => {
    const names = new Map(desks.map(({ userId, name }) => [userId, name]));
    return (userId) => names.get(userId) ?? userId;
  }, [desks]);
}

/** From the list, which has most of them, or read by itself: one that another view shows. */
export function useOpenConversation(conversationId: string | null) {
  const { client, list } = useConsole();
  const listed = useSelected(list.state, (state) => state.items.find((item) => item.id === conversationId));
  const read = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  if (listed && read) return listed.lastChange > read.lastChange ? listed : read;
  return read ?? listed;
}
