/** Where the cache has what; `scope` is the person, so that two people never share an entry. */
export const chatKeys = {
  all: (scope: string) => ["parloir", scope] as const,
  conversations: (scope: string) => ["parloir", scope, "conversations"] as const,
  messages: (scope: string, conversationId: string) =>
    ["parloir", scope, "messages", conversationId] as const,
  search: (scope: string, conversationId: string | null, words: string) =>
    ["parloir", scope, "search", conversationId, words] as const,
  notifications: (scope: string) => ["parloir", scope, "notifications"] as const,
  /** A conversation that is made or found by whom and what it is about. */
  target: (scope: string, target: object) => ["parloir", scope, "target", target] as const,
};
