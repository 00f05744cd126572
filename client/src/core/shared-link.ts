import { CodedError, type ErrorBody } from "@parloir/contracts/errors.ts";
import { createListeners, firstState, type Link, type LinkEvent, NoAnswer } from "./link.ts";
import { createCell } from "./observable.ts";
import { createLeader, type Leader, lockNames, openTabChannel, type TabMessage } from "./tabs.ts";

interface SharedLinkOptions {
  scope: string;
  tabId: string;
  locks: LockManager;
  /** Builds the real connection; called when this tab becomes the leader. */
  createLink: () => Link;
  /** A tab is gone: what it left unsent may be taken over. */
  onTabGone: () => void;
}

/** Longer than the leader's own wait for an ack, so that its answer is the one that counts. */
const answerTimeoutMs = 15_000;

/** A connection shared by all tabs of one person in this browser; see tabs.ts. */
export function createSharedLink({ scope, tabId, locks, createLink, onTabGone }: SharedLinkOptions): Link {
  const state = createCell(firstState());
  const events = createListeners<LinkEvent>();
  const channel = openTabChannel(scope);
  const ended = new AbortController();
  const waiting = new Map<number, { resolve: (data: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let leading: { leader: Leader; link: Link } | null = null;

  /** Held until `close`; the browser lets go of it when the tab dies in any other way. */
  function hold(name: string, held: () => void): void {
    locks
      .request(name, { signal: ended.signal }, () => {
        held();
        return new Promise<void>((resolve) => ended.signal.addEventListener("abort", () => resolve()));
      })
      .catch(() => undefined); // Aborted before it was granted.
  }

  function watchTab(other: string, gone: () => void): void {
    locks
      .request(lockNames.tab(scope, other), { signal: ended.signal }, () => undefined)
      .then(() => {
        // After letting go of the lock again, or the tab would still count as living.
        gone();
        onTabGone();
      })
      .catch(() => undefined);
  }

  function lead(): void {
    if (ended.signal.aborted) return;
    const link = createLink();
    link.listen(events.emit);
    link.state.subscribe(() => state.set(link.state.getSnapshot()));
    leading = { link, leader: createLeader({ channel, tabId, link, watchTab }) };
    state.set(link.state.getSnapshot());
    failWaiting();
    // The former leader may have died with something in its hands.
    onTabGone();
    link.open();
  }

  function failWaiting(): void {
    for (const { reject } of waiting.values()) reject(new NoAnswer("the connection moved to another tab"));
    waiting.clear();
  }

  function receive(message: TabMessage): void {
    if (leading) {
      leading.leader.receive(message);
      return;
    }
    switch (message.kind) {
      case "leader":
        state.set(firstState());
        failWaiting();
        channel.post({ kind: "hello", from: tabId });
        break;
      case "state":
        if (message.to === null || message.to === tabId) state.set(message.state);
        break;
      case "event":
        if (message.to === null || message.to === tabId) events.emit(message.event);
        break;
      case "answer":
        if (message.to === tabId) settle(message);
        break;
    }
  }

  function settle({ id, answer }: TabMessage & { kind: "answer" }): void {
    const request = waiting.get(id);
    waiting.delete(id);
    if (answer.ok) request?.resolve(answer.data as never);
    else request?.reject(thrown(answer.error));
  }

  function ask(command: string, payload: unknown): Promise<never> {
    if (state.getSnapshot().status !== "online") return Promise.reject(new NoAnswer("offline"));
    const id = ++lastId;
    return new Promise<never>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new NoAnswer("no answer from the tab that is connected"));
      }, answerTimeoutMs);
      const done =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      waiting.set(id, { resolve: done(resolve), reject: done(reject) });
      channel.post({ kind: "request", from: tabId, id, command: command as never, payload });
    });
  }

  return {
    state,
    listen: events.listen,
    request: (command, payload) =>
      leading ? leading.leader.request(command, payload) : ask(command, payload),
    open() {
      channel.listen(receive);
      hold(lockNames.tab(scope, tabId), () => {
        // Only now: the leader watches this lock, and must not find it free.
        channel.post({ kind: "hello", from: tabId });
        hold(lockNames.leader(scope), lead);
      });
    },
    reconnect() {
      if (leading) leading.link.reconnect();
      else channel.post({ kind: "reconnect" });
    },
    close() {
      failWaiting();
      leading?.leader.close();
      leading?.link.close();
      ended.abort();
      channel.close();
    },
  };
}

function thrown({ code, message, retryAfterMs }: ErrorBody): CodedError {
  return new CodedError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Ids of the tabs of this scope that live. */
export async function livingTabs(locks: LockManager, scope: string): Promise<Set<string>> {
  const prefix = lockNames.tab(scope, "");
  const { held = [] } = await locks.query();
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}

/** What sharing needs, or null where it is not wanted or not possible (no Web Locks outside https and localhost). */
export function sharedTabs(options: {
  url: string;
  userId?: string;
  shareTabs?: boolean;
}): { scope: string; locks: LockManager } | null {
  const { shareTabs = typeof document !== "undefined", userId } = options;
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (!shareTabs || userId === undefined || !locks || typeof BroadcastChannel === "undefined") return null;
  return { scope: `${options.url.replace(/\/$/, "")}.${userId}`, locks };
}
