/** What a client reads before anything else: a page may ask for it while its code is still on the way. */

export const firstConversations = "/api/messages/conversations?limit=50";

export const unreadCounts = "/api/messages/unread";

export const newestMessages = (conversationId: string, limit = 50) =>
  `/api/messages?conversationId=${encodeURIComponent(conversationId)}&limit=${limit}`;
