import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import { useAgentName, useConsole, useConsoleTexts } from "./desk-context.tsx";

/** Who else of the team is here: two answers to one question help nobody. */
export function Company({ conversationId }: { conversationId: string }) {
  const t = useConsoleTexts();
  const { team, me } = useConsole();
  const viewers = useSelected(team.state, (state) => state.viewers[conversationId]);
  const typing = useSelected(team.noteTyping, (state) => state[conversationId]);
  const agentName = useAgentName();
  const others = (viewers ?? []).filter((userId) => userId !== me.id);
  if (others.length === 0 && !typing) return null;
  const names = others.map(agentName).join(", ");
  const said = [
    others.length > 0 && (others.length === 1 ? t.alsoHere(names) : t.alsoHereMany(names)),
    typing && t.noteTyping(typing.map(agentName).join(", ")),
  ];
  return (
    <p className="company" role="status" data-testid="company">
      {said.filter(Boolean).join(" · ")}
    </p>
  );
}
