import { useEffect, useRef, useState } from "react";
import { useClient, useReady, useSignedIn } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { keepWish, takeWish } from "./wish.ts";

export interface ContactSellerButtonProps {
  seller: { id: string; name: string };
  listing: { id: string; title: string };
  /** The conversation about the listing is there, and can be shown. */
  onOpen: (conversationId: string) => void;
  /** Called instead while nobody is signed in. Once somebody is, in the same tab, the conversation opens by itself. */
  onSignIn: () => void;
  variant?: "filled" | "outlined" | "text";
  size?: "small" | "medium" | "large";
  fullWidth?: boolean;
}

/** Opens the conversation with a seller about a listing: the same one every time. Nobody writes to themselves. */
export function ContactSellerButton(props: ContactSellerButtonProps) {
  const { seller, listing, onOpen, onSignIn, variant = "filled", size = "medium", fullWidth = false } = props;
  const { t } = useTexts();
  const client = useClient();
  const isReady = useReady();
  const isSignedIn = useSignedIn();
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const isSeller = isSignedIn && client.me() === seller.id;
  const wish = `${seller.id} ${listing.id}`;

  async function contact() {
    if (!isSignedIn) {
      keepWish(wish);
      return onSignIn();
    }
    if (state === "busy" || !isReady) return;
    setState("busy");
    try {
      const subject = { type: "listing", ...listing };
      const { id } = await client.startConversation({ kind: "direct", recipientId: seller.id, subject });
      setState("idle");
      onOpen(id);
    } catch {
      setState("failed");
    }
  }

  const latest = useRef(contact);
  latest.current = contact;
  useEffect(() => {
    if (isReady && takeWish(wish) && !isSeller) void latest.current();
  }, [isReady, wish, isSeller]);

  if (isSeller) return null;
  return (
    <span className="parloir contact" data-full-width={fullWidth || undefined}>
      <button
        type="button"
        className={`button button-${variant}`}
        data-size={size}
        aria-disabled={state === "busy"}
        data-testid="contact-seller"
        onClick={() => void contact()}
      >
        <Icon name="logo" size={16} />
        {isSignedIn ? t.contactSeller : t.signInFirst}
        <span className="visually-hidden">
          {seller.name}, {listing.title}
        </span>
      </button>
      {state === "failed" && (
        <span role="alert" className="contact-problem">
          {t.changeFailed}
        </span>
      )}
    </span>
  );
}
