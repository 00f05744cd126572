import { useClient } from "../client-context.tsx";
import { useSelected } from "../use-snapshot.ts";

export interface UseTyping {
  /** Ids of the others who are typing. */
  typing: readonly string[];
  /** Call at every keystroke; 2 s after the last one the others see that it stopped. */
  pressKey(): void;
  stop(): void;
}

export function useTyping(conversationId: string): UseTyping {
  const client = useClient();
  const typing = useSelected(client.typing, (state) => state[conversationId]) ?? nobody;
  return { typing, pressKey: () => client.pressKey(conversationId), stop: client.stopTyping };
}

const nobody: readonly string[] = [];
