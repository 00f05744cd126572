import { useEffect } from "react";
import { useClient } from "../client-context.tsx";

/**
 * While this is mounted the conversation is the open one: what is seen of it is marked as read, and makes no
 * notifications. A page has one open conversation; the last one that asks is it.
 */
export function useOpenThread(conversationId: string | null): void {
  const client = useClient();
  useEffect(() => {
    if (conversationId === null) return;
    client.open(conversationId);
    return () => {
      // Another one may have been opened meanwhile.
      if (client.viewing.getSnapshot().conversationId === conversationId) client.open(null);
    };
  }, [client, conversationId]);
}
