import type { Link } from "./link.ts";
import { createPollingFallback } from "./polling.ts";
import type { Rest } from "./rest.ts";
import { createSharedLink, livingTabs, sharedTabs } from "./shared-link.ts";
import { createSocketLink, type Transport } from "./socket.ts";
import { lockNames } from "./tabs.ts";
import type { Tokens } from "./token.ts";

export interface ConnectOptions {
  url: string;
  userId?: string;
  transports?: Transport[];
  /** Without an ack for so long the outcome of a command is unknown. */
  ackTimeoutMs?: number;
  /** One connection for all tabs of this person; by default in pages that know `userId`, where browsers allow it. */
  shareTabs?: boolean;
  /** Without a socket for so long, REST polling begins. */
  pollAfterMs?: number;
}

export interface Connected {
  link: Link;
  /**
   * Runs `adopt` so that no other tab does at the same moment, and tells it whose unsent messages are abandoned: a
   * living tab sends its own.
   */
  adoption(adopt: (isAbandoned?: (owner: string) => boolean) => Promise<void>): Promise<void>;
}

/** Puts the ways to the cluster together: a socket, polling where it is blocked, shared by the tabs of a browser. */
export function connect(
  options: ConnectOptions,
  parts: { rest: Rest; tokens: Tokens; tabId: string; onTabGone: () => void },
): Connected {
  const { rest, tokens, tabId, onTabGone } = parts;
  const { url, transports, ackTimeoutMs } = options;
  const createLink = () =>
    createPollingFallback({
      socket: createSocketLink({ url, tokens, transports, ackTimeoutMs }),
      rest,
      afterMs: options.pollAfterMs,
    });

  const tabs = sharedTabs(options);
  if (!tabs) return { link: createLink(), adoption: (adopt) => adopt() };

  const { scope, locks } = tabs;
  return {
    link: createSharedLink({ scope, locks, tabId, createLink, onTabGone }),
    async adoption(adopt) {
      await locks.request(lockNames.adoption(scope), async () => {
        const living = await livingTabs(locks, scope);
        await adopt((owner) => owner !== tabId && !living.has(owner));
      });
    },
  };
}
