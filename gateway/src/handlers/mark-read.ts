import type { Handler } from "./handlers.ts";

/** Acked after the commit; the api tells the others. */
export const markRead: Handler<"mark_read"> = async (gateway, socket, { conversationId, seq }) => {
  const { lastReadSeq, unreadCount } = await gateway.readMarks.raise(
    socket.data.user.userId,
    conversationId,
    seq,
  );
  return { lastReadSeq, unreadCount };
};
