import type { Command } from "@parloir/contracts/commands.ts";
import { errorBody } from "@parloir/contracts/errors.ts";
import type { Ack } from "@parloir/contracts/events.ts";
import { maxWatched } from "@parloir/contracts/shapes.ts";
import {
  asCodedError,
  type ConnectionState,
  type Link,
  type LinkEvent,
  NoAnswer,
  type Opening,
} from "./link.ts";

/**
 * Several tabs of one person share one connection: the tab that holds a Web Lock is the leader and has it, the others
 * talk to it over a BroadcastChannel. The lock goes to the next tab the moment its holder closes or crashes.
 */

export type TabMessage =
  | { kind: "hello"; from: string }
  | { kind: "leader"; from: string }
  | { kind: "state"; to: string | null; state: ConnectionState }
  | { kind: "event"; to: string | null; event: LinkEvent }
  | { kind: "request"; from: string; id: number; command: Command; payload: unknown }
  | { kind: "answer"; to: string; id: number; answer: Ack<unknown> }
  | { kind: "reconnect" };

export interface TabChannel {
  post(message: TabMessage): void;
  listen(listener: (message: TabMessage) => void): void;
  close(): void;
}

/** `scope` names the person and the cluster; the number changes with the messages above. */
export function openTabChannel(scope: string): TabChannel {
  const channel = new BroadcastChannel(`parloir.1.${scope}`);
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => channel.addEventListener("message", (event) => listener(event.data as TabMessage)),
    close: () => channel.close(),
  };
}

export const lockNames = {
  leader: (scope: string) => `parloir.leader.${scope}`,
  tab: (scope: string, tabId: string) => `parloir.tab.${scope}.${tabId}`,
  adoption: (scope: string) => `parloir.adoption.${scope}`,
};

interface LeaderOptions {
  channel: TabChannel;
  tabId: string;
  link: Link;
  /** Calls back when a tab has closed or crashed. */
  watchTab: (tabId: string, gone: () => void) => void;
}

export interface Leader {
  receive(message: TabMessage): void;
  request: Link["request"];
  close(): void;
}

/** The tab that has the connection, serving itself and the others. */
export function createLeader({ channel, tabId, link, watchTab }: LeaderOptions): Leader {
  /** Which thread each tab has open: a room is left only when no tab looks at it any more. */
  const looking = new Map<string, string>();
  /** Which channels each tab has subscribed to: left when no tab wants it any more. */
  const subscribed = new Map<string, Set<string>>();
  /** Whose presence each tab follows: the socket has one list for all. */
  const presence = new Map<string, string[]>();
  const watched = new Set<string>();
  let opening: Opening | null = null;
  /** The connection that is being asked whether it still answers. */
  let asking: ConnectionState | null = null;

  const ends = [
    link.listen((event) => {
      if (event.event === "ready") opening = event.payload;
      channel.post({ kind: "event", to: null, event });
    }),
    link.state.subscribe(() => channel.post({ kind: "state", to: null, state: link.state.getSnapshot() })),
  ];
  channel.post({ kind: "leader", from: tabId });

  const request = async (from: string, command: Command, payload: unknown): Promise<unknown> => {
    const conversationId = (payload as { conversationId?: string }).conversationId ?? "";
    if (command === "join_conversation") looking.set(from, conversationId);
    if (command === "leave_conversation") {
      looking.delete(from);
      if ([...looking.values()].includes(conversationId)) return {};
    }
    if (command === "subscribe" || command === "unsubscribe") {
      const { channel: name } = payload as { channel: string };
      const own = subscribed.get(from) ?? new Set();
      subscribed.set(from, own);
      if (command === "subscribe") own.add(name);
      else own.delete(name);
      if (command === "unsubscribe" && [...subscribed.values()].some((each) => each.has(name))) return {};
    }
    if (command === "watch_presence") {
      presence.set(from, (payload as { userIds: string[] }).userIds);
      return link.request(command, { userIds: followed() });
    }
    return link.request(command, payload as never);
  };

  function followed(): string[] {
    return [...new Set([...presence.values()].flat())].slice(0, maxWatched);
  }

  function forget(tab: string): void {
    const left = looking.get(tab);
    if (left !== undefined)
      request(tab, "leave_conversation", { conversationId: left }).catch(() => undefined);
    for (const name of subscribed.get(tab) ?? [])
      request(tab, "unsubscribe", { channel: name }).catch(() => undefined);
    subscribed.delete(tab);
    if (presence.has(tab)) request(tab, "watch_presence", { userIds: [] }).catch(() => undefined);
    presence.delete(tab);
  }

  function welcome(from: string): void {
    if (!watched.has(from)) {
      watched.add(from);
      watchTab(from, () => {
        watched.delete(from);
        forget(from);
      });
    }
    const state = link.state.getSnapshot();
    channel.post({ kind: "state", to: from, state });
    // Without the heads of then: the newcomer reads its own list.
    if (state.status === "online" && opening) {
      channel.post({
        kind: "event",
        to: from,
        event: { event: "ready", payload: { ...opening, conversations: null } },
      });
    }
  }

  async function serve({ from, id, command, payload }: TabMessage & { kind: "request" }): Promise<void> {
    const answer = await request(from, command, payload).then(
      (data): Ack<unknown> => ({ ok: true, data }),
      (error: unknown): Ack<unknown> => ({ ok: false, error: errorBody(asCodedError(error)) }),
    );
    channel.post({ kind: "answer", to: from, id, answer });
  }

  /** Another tab's word for it: the machine's event that it heard is each tab's, and the connection may be sound. */
  async function reconnectUnlessGood(): Promise<void> {
    const before = link.state.getSnapshot();
    if (asking === before) return;
    asking = before;
    try {
      if (before.status === "online") await link.request("heartbeat", {});
      else link.reconnect();
    } catch (error) {
      if (error instanceof NoAnswer && link.state.getSnapshot() === before) link.reconnect();
    } finally {
      asking = null;
    }
  }

  return {
    receive(message) {
      if (message.kind === "hello") welcome(message.from);
      else if (message.kind === "request") void serve(message);
      else if (message.kind === "reconnect") void reconnectUnlessGood();
    },
    request: (command, payload) => request(tabId, command, payload) as Promise<never>,
    close() {
      for (const end of ends) end();
    },
  };
}
