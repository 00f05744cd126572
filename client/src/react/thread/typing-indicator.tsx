import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";
import { Sentence } from "../sentence.tsx";
import { useSelected } from "../use-snapshot.ts";

/** Who is typing in a conversation; keeps its place while nobody is. */
export function TypingIndicator({ conversationId }: { conversationId: string }) {
  const { t } = useTexts();
  const client = useClient();
  const typing = useSelected(client.typing, (state) => state[conversationId]) ?? [];
  const conversation = useSelected(client.conversations, (state) =>
    state.items.find((item) => item.id === conversationId),
  );
  const writer = conversation?.participants.find((one) => one.userId === typing[0])?.name ?? t.unnamed;
  return (
    <p className="thread-typing" data-testid="typing">
      {typing.length === 1 && <Sentence say={t.typingOne} name={writer} />}
      {typing.length > 1 && t.typingSeveral(typing.length)}
    </p>
  );
}
