import type { ChannelEvent, ChannelPage } from "@parloir/contracts/channels.ts";
import type { CodedError } from "@parloir/contracts/errors.ts";
import type { ServerPayload } from "@parloir/contracts/events.ts";
import { retryDelay } from "./backoff.ts";
import { asCodedError, type Link } from "./link.ts";

/** What a subscription brings. */
export type ChannelNews =
  | { kind: "event"; event: ChannelEvent }
  /** Events are missing that nobody can bring back: load anew what the channel tells about. Events go on. */
  | { kind: "resync" }
  /** One may not subscribe, or no longer. It is tried again with the next connection. */
  | { kind: "refused"; error: CodedError | null };

export type ChannelListener = (news: ChannelNews) => void;

export interface Channels {
  /**
   * Every event of the channel from now on, or after the cursor `after`, each once and in order, across reconnects.
   * Returns the function that ends it. Who subscribes to what is subscribed already hears what comes from then on.
   */
  subscribe(name: string, listener: ChannelListener, options?: { after?: number }): () => void;
}

export interface ChannelsPart extends Channels {
  /** Connected, for the first time or again. */
  opened(epoch: string | null): void;
  receive(event: ChannelEvent): void;
  removed(name: string): void;
  resync(notice: ServerPayload<"resync">): void;
  close(): void;
}

interface Subscription {
  name: string;
  listeners: Set<ChannelListener>;
  /** The last event told; undefined until the first answer, unless the host gave one. */
  cursor: number | undefined;
  /** Pushed before what precedes them was there. */
  held: Map<number, ChannelEvent>;
  asking: boolean;
  /** Something came up while a question was under way: its answer may be older. */
  again: boolean;
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const pushGraceMs = 500;

export function createChannels({ link }: { link: Link }): ChannelsPart {
  const subscriptions = new Map<string, Subscription>();
  let epoch: string | null = null;

  const isOnline = () => link.state.getSnapshot().status === "online";
  const isCurrent = (one: Subscription) => subscriptions.get(one.name) === one;

  function tell(one: Subscription, news: ChannelNews): void {
    for (const listener of [...one.listeners]) listener(news);
  }

  function release(one: Subscription, event: ChannelEvent): void {
    one.cursor = event.cursor;
    tell(one, { kind: "event", event });
  }

  function releaseHeld(one: Subscription): void {
    for (;;) {
      const next = one.cursor === undefined ? undefined : one.held.get(one.cursor + 1);
      if (!next) break;
      one.held.delete(next.cursor);
      release(one, next);
    }
    for (const cursor of one.held.keys()) if (cursor <= (one.cursor ?? 0)) one.held.delete(cursor);
  }

  /** Asks for what follows the cursor until there is nothing more to ask for. */
  async function ask(one: Subscription): Promise<void> {
    if (one.asking) {
      one.again = true;
      return;
    }
    one.asking = true;
    clearTimeout(one.timer);
    try {
      do {
        one.again = false;
        await askOnce(one);
      } while (one.again && isCurrent(one) && isOnline());
      one.failures = 0;
    } catch (thrown) {
      failed(one, asCodedError(thrown));
    } finally {
      one.asking = false;
    }
  }

  async function askOnce(one: Subscription): Promise<void> {
    const after = one.cursor;
    const payload = after === undefined ? { channel: one.name } : { channel: one.name, after };
    const page = await link.request("subscribe", payload);
    if (isCurrent(one)) apply(one, page, after);
  }

  function apply(one: Subscription, page: ChannelPage, after: number | undefined): void {
    // Restarted while the question was under way; it is asked again.
    if (one.cursor === undefined && after !== undefined) return;
    if (after === undefined) {
      one.cursor = page.cursor;
    } else {
      for (const event of page.events) if (event.cursor === (one.cursor ?? 0) + 1) release(one, event);
      if (!page.complete && page.events.length === 0) jump(one, page.cursor);
      else if (!page.complete) one.again = true;
    }
    releaseHeld(one);
    // An early push that this answer did not reach: what precedes it is on its way, or else it is asked for.
    if (one.held.size > 0) one.timer = setTimeout(() => void ask(one), pushGraceMs);
  }

  function jump(one: Subscription, cursor: number): void {
    one.cursor = cursor;
    tell(one, { kind: "resync" });
  }

  function failed(one: Subscription, error: CodedError): void {
    if (!isCurrent(one)) return;
    if (error.code === "NOT_FOUND" || error.code === "TOO_LARGE" || error.code === "INVALID") {
      tell(one, { kind: "refused", error });
    } else if (isOnline() && error.code !== "UNSUPPORTED") {
      // Without a socket (polling) there are no channels; the next one asks.
      one.timer = setTimeout(() => void ask(one), retryDelay(one.failures++, error.retryAfterMs));
    }
  }

  function leave(one: Subscription): void {
    clearTimeout(one.timer);
    subscriptions.delete(one.name);
    // Worth nothing more: a connection that is gone has left by itself.
    if (isOnline()) link.request("unsubscribe", { channel: one.name }).catch(() => undefined);
  }

  return {
    subscribe(name, listener, { after } = {}) {
      const known = subscriptions.get(name);
      const one = known ?? {
        name,
        listeners: new Set<ChannelListener>(),
        cursor: after,
        held: new Map<number, ChannelEvent>(),
        asking: false,
        again: false,
        failures: 0,
        timer: undefined,
      };
      // Of its own, so that the same function may listen twice.
      const own: ChannelListener = (news) => listener(news);
      one.listeners.add(own);
      if (!known) {
        subscriptions.set(name, one);
        if (isOnline()) void ask(one);
      }
      return () => {
        if (one.listeners.delete(own) && one.listeners.size === 0 && isCurrent(one)) leave(one);
      };
    },
    opened(opening) {
      const isRestored = epoch !== null && opening !== null && opening !== epoch;
      epoch = opening ?? epoch;
      for (const one of subscriptions.values()) {
        one.held.clear();
        // Another history's numbers say nothing about this one's.
        if (isRestored) restart(one);
        else void ask(one);
      }
    },
    receive(event) {
      const one = subscriptions.get(event.channel);
      if (!one || event.cursor <= (one.cursor ?? -1)) return;
      one.held.set(event.cursor, event);
      releaseHeld(one);
      if (one.held.size > 0) void ask(one);
    },
    removed(name) {
      const one = subscriptions.get(name);
      if (one) tell(one, { kind: "refused", error: null });
    },
    resync({ reason, channel }) {
      if (reason === "epoch") for (const one of subscriptions.values()) restart(one);
      // The gateway gave up repairing; the history may still reach back to where we are.
      const one = channel === undefined ? undefined : subscriptions.get(channel);
      if (one) void ask(one);
    },
    close() {
      for (const one of subscriptions.values()) clearTimeout(one.timer);
      subscriptions.clear();
    },
  };

  /** Goes on from wherever the channel stands now. */
  function restart(one: Subscription): void {
    one.cursor = undefined;
    one.held.clear();
    tell(one, { kind: "resync" });
    void ask(one);
  }
}
