import { useEffect } from "react";
import { useClient } from "../client-context.tsx";
import { useSelected } from "../use-snapshot.ts";

/** Puts the number of unread messages before the page's title: «(3) Orders». */
export function useTitleCount(title: string): void {
  const client = useClient();
  const unread = useSelected(client.conversations, (state) => state.unreadTotal);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [unread, title]);
}
