import type { Conversation } from "@parloir/contracts/shapes.ts";
import { ConversationCard } from "./conversation-card.tsx";

export interface ConversationCardsProps {
  openId: string | null;
  onOpen: (conversationId: string) => void;
  hrefOf?: ((conversationId: string) => string) | undefined;
}

export function ConversationCards(props: ConversationCardsProps & { items: readonly Conversation[] }) {
  const { items, openId, onOpen, hrefOf } = props;
  if (items.length === 0) return null;
  return (
    <ul data-testid="conversations">
      {items.map((item) => (
        <li key={item.id}>
          <ConversationCard
            conversation={item}
            isOpen={item.id === openId}
            onOpen={onOpen}
            href={hrefOf?.(item.id)}
          />
        </li>
      ))}
    </ul>
  );
}
