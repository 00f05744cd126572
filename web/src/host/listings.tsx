import { MessageBadge } from "@parloir/client/react/badge.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import type { ReactNode } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useHostTexts } from "./texts.ts";

/** Line drawings in the place of photographs. */
const pictures = {
  bicycle:
    "M5.5 19a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM18.5 19a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5.5 15.5L9 8h7l2.5 7.5M9 8l3.5 7.5h-7M7.5 8H10M16 8l-1-3h2.5",
  lamp: "M12 3l5 7H7zM12 10v10M8 21h8",
  table: "M3 9h18v2H3zM5 11v9M19 11v9",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
} as const;

export interface Listing {
  id: string;
  title: string;
  euros: number;
  place: string;
  picture: keyof typeof pictures;
  seller: { id: string; name: string };
}

const tom = { id: "demo-tom", name: "Tom Becker" };
const lea = { id: "demo-lea", name: "Léa Moreau" };

/** What the marketplace's own database would hold. */
export const listings: readonly Listing[] = [
  {
    id: "velo-1962",
    title: "Vélo de ville, 1962",
    euros: 180,
    place: "Lyon",
    picture: "bicycle",
    seller: tom,
  },
  { id: "lampe-arc", title: "Lampe arc", euros: 95, place: "Villeurbanne", picture: "lamp", seller: tom },
  { id: "table-chene", title: "Table en chêne", euros: 240, place: "Lyon", picture: "table", seller: lea },
  {
    id: "appareil-24x36",
    title: "Appareil 24 × 36",
    euros: 130,
    place: "Bron",
    picture: "camera",
    seller: tom,
  },
];

export function ListingCard({ listing, children }: { listing: Listing; children: ReactNode }) {
  const { language } = useLanguage();
  const t = useHostTexts();
  const client = useClient();
  const unread = useSelected(client.conversations, ({ items }) =>
    items.reduce((sum, { subject, unreadCount }) => sum + (subject?.id === listing.id ? unreadCount : 0), 0),
  );
  const price = new Intl.NumberFormat(language, {
    style: "currency",
    currency: "EUR",
    maximumFractionDigits: 0,
  });
  return (
    <li className="card listing" data-testid="listing" data-listing={listing.id}>
      <span className="listing-picture">
        <svg width="56" height="56" viewBox="0 0 24 24" fill="none" stroke="currentColor" aria-hidden="true">
          <path d={pictures[listing.picture]} />
        </svg>
      </span>
      <h2>
        {listing.title} <MessageBadge count={unread} />
      </h2>
      <p className="listing-price">{price.format(listing.euros)}</p>
      <p className="quiet">
        {listing.place} · {client.me() === listing.seller.id ? t.yourListing : listing.seller.name}
      </p>
      {children}
    </li>
  );
}
