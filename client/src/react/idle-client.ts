import { CodedError } from "@parloir/contracts/errors.ts";
import type { Client } from "../core/client.ts";
import { firstState } from "../core/link.ts";
import { createCell } from "../core/observable.ts";
import type { Thread } from "../core/thread.ts";

const later = () => Promise.reject(new CodedError("UNAVAILABLE", "there is no connection yet"));
const never = () => () => undefined;
const nothing = () => undefined;

const loading = { status: "loading", error: null } as const;

/** Of a conversation that is not known, or not yet: nothing is asked for. */
export function createIdleThread(conversationId: string): Thread {
  return {
    conversationId,
    state: idleThread,
    load: nothing,
    loadOlder: async () => undefined,
    reload: nothing,
    merge: nothing,
    catchUp: nothing,
    noteHead: nothing,
    setPending: nothing,
    cursor: nothing,
    isMissingChanges: () => false,
    close: nothing,
  };
}
const idleThread = createCell({
  ...loading,
  messages: [],
  stored: [],
  pending: [],
  hasOlder: false,
  loadingOlder: false,
  behind: false,
});

/**
 * What components see before there is a connection: while a server renders them, and until the page runs. Everything
 * is loading, so that both render the same.
 */
export function createIdleClient(): Client {
  return {
    connection: createCell(firstState()),
    conversations: createCell({ ...loading, items: [], hasMore: false, unreadTotal: 0 }),
    typing: createCell({}),
    viewing: createCell({ conversationId: null, unreadAfter: null }),
    pending: createCell([]),
    presences: { state: createCell({}), watch: never },
    bell: { page: later, markRead: later, preferences: later, setPreferences: later },
    channels: { subscribe: never },
    keeping: {
      setArchived: later,
      setMuted: later,
      deleteForMe: later,
      leave: later,
      loadArchived: later,
    },
    me: () => null,
    thread: createIdleThread,
    open: nothing,
    awaitView: nothing,
    setAtBottom: nothing,
    send: () => {
      throw new CodedError("UNAVAILABLE", "there is no connection yet");
    },
    upload: later,
    fileLink: later,
    edit: later,
    delete: later,
    react: later,
    retry: nothing,
    discard: nothing,
    pressKey: nothing,
    stopTyping: nothing,
    startConversation: later,
    loadMoreConversations: later,
    refreshConversations: later,
    markRead: later,
    onMessage: never,
    onNotification: never,
    onNotificationsRead: never,
    onAnnouncement: never,
    rest: later,
    request: later,
    onEvent: never,
    reconnect: nothing,
    close: nothing,
  };
}
