import { ChatBox, ContactSellerButton } from "@parloir/client/react/index.ts";
import { useState } from "react";
import { ListingCard, listings } from "../listings.tsx";

/** A marketplace: at each listing a button to its seller, and the conversation about it, which opens by itself. */
export function Marketplace({ onSignIn }: { onSignIn: () => void }) {
  const [conversationId, setConversationId] = useState<string | null>(null);
  return (
    <div className="market" data-open={conversationId !== null || undefined}>
      <ul className="listings">
        {listings.map((listing) => (
          <ListingCard key={listing.id} listing={listing}>
            <ContactSellerButton
              seller={listing.seller}
              listing={{ id: listing.id, title: listing.title }}
              variant="outlined"
              fullWidth
              onOpen={setConversationId}
              onSignIn={onSignIn}
            />
          </ListingCard>
        ))}
      </ul>
      {conversationId !== null && <ChatBox target={{ conversationId }} height={560} />}
    </div>
  );
}
