import type { Conversation } from "@parloir/contracts/shapes.ts";
import { canCall } from "../../core/calls/media.ts";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { nameOf } from "../thread/names.ts";
import { useSelected } from "../use-snapshot.ts";
import { callTexts } from "./texts.ts";
import { useCalls } from "./use-calls.ts";

export interface CallButtonProps {
  conversationId: string;
  /** Where the person's own list does not hold it, as an agent's. */
  conversation?: Conversation | undefined;
}

export default function CallButton({ conversationId, conversation: given }: CallButtonProps) {
  const client = useClient();
  const calls = useCalls();
  const { t, language } = useTexts();
  const phase = useSelected(calls.state, (state) => state.phase);
  const listed = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const conversation = listed ?? given;
  if (!conversation || !canCall() || !hasSomebody(conversation, client.me())) return null;
  const name = nameOf(conversation, client.me(), t);
  const label = callTexts[language].call(name);
  return (
    <button
      type="button"
      className="button button-icon button-quiet"
      aria-label={label}
      title={label}
      disabled={phase !== "idle" && phase !== "ended"}
      data-testid="call-button"
      onClick={() => void calls.start(conversationId, name)}
    >
      <Icon name="video" />
    </button>
  );
}

/** In support a customer can call whoever has the conversation; the server decides, this only offers it. */
function hasSomebody({ kind, assigneeId, participants }: Conversation, me: string | null): boolean {
  if (kind === "direct") return participants.some(({ userId }) => userId !== me);
  return kind === "support" && (assigneeId !== null || !participants.some(({ userId }) => userId === me));
}
