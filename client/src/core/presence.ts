import type { ServerPayload } from "@parloir/contracts/events.ts";
import { maxWatched, type Presence } from "@parloir/contracts/shapes.ts";
import { retryDelay } from "./backoff.ts";
import { asCodedError, type Link } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";

/** Of the people who are watched; who is absent is not known (yet), or may not be seen. */
export type PresenceState = Readonly<Record<string, Presence>>;

export interface Presences {
  readonly state: Observable<PresenceState>;
  /** Follows these people until the returned function is called. */
  watch(userIds: readonly string[]): () => void;
}

export interface PresencesPart extends Presences {
  /** Connected, for the first time or again. */
  opened(): void;
  receive(change: ServerPayload<"presence">): void;
  close(): void;
}

/** Views that mount together ask once. */
const gatherMs = 50;

export function createPresences({ link }: { link: Link }): PresencesPart {
  const state = createCell<PresenceState>({});
  /** How many views follow each person. */
  const watched = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const isOnline = () => link.state.getSnapshot().status === "online";

  function askSoon(delayMs = gatherMs): void {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), delayMs);
  }

  async function ask(): Promise<void> {
    if (!isOnline()) return;
    try {
      // The list replaces the former one: an empty one ends it.
      const userIds = [...watched.keys()].slice(0, maxWatched);
      const { presence } = await link.request("watch_presence", { userIds });
      failures = 0;
      state.update((present) => kept({ ...present, ...presence }));
    } catch (thrown) {
      const { code, retryAfterMs } = asCodedError(thrown);
      // Without a socket (polling) nobody's presence is known.
      if (code !== "UNSUPPORTED" && isOnline()) askSoon(retryDelay(failures++, retryAfterMs));
    }
  }

  function kept(all: PresenceState): PresenceState {
    return Object.fromEntries(Object.entries(all).filter(([userId]) => watched.has(userId)));
  }

  // Who is not connected knows nothing of others: an old «online» would be a claim.
  const stopFollowing = link.state.subscribe(() => {
    if (!isOnline()) state.update((present) => (Object.keys(present).length === 0 ? present : {}));
  });

  return {
    state,
    watch(userIds) {
      for (const userId of userIds) watched.set(userId, (watched.get(userId) ?? 0) + 1);
      askSoon();
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        for (const userId of userIds) {
          const left = (watched.get(userId) ?? 1) - 1;
          if (left > 0) watched.set(userId, left);
          else watched.delete(userId);
        }
        askSoon();
      };
    },
    opened() {
      if (watched.size > 0) askSoon(0);
    },
    receive({ userId, ...presence }) {
      if (watched.has(userId)) state.update((present) => ({ ...present, [userId]: presence }));
    },
    close() {
      clearTimeout(timer);
      stopFollowing();
    },
  };
}
