import { rooms } from "@parloir/contracts/ids.ts";
import type { Removal } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { ApiClient } from "./api-client.ts";
import { startAsking } from "./asking.ts";
import type { GatewayServer } from "./context.ts";
import { socketsIn } from "./room-rosters.ts";
import type { Rosters } from "./rosters.ts";

/**
 * Takes people out of the rooms of conversations whose members they are no longer, also when the api that removed them
 * could not say so: it alone may be cut off from pub/sub, which then looks healthy from here.
 *
 * Guarantee: within 2 s of a removal no event of the conversation reaches them, while an api answers.
 */
const askEveryMs = 1_000;

export function startRemovals(options: { io: GatewayServer; api: ApiClient; rosters: Rosters; log: Log }): {
  stop: () => void;
} {
  const { io, rosters, log } = options;

  function isHere({ conversationId, userId }: Removal): boolean {
    return socketsIn(io, rooms.user(userId)).some((each) =>
      each.rooms.has(rooms.conversation(conversationId)),
    );
  }

  function onAnswer({ removed }: { removed: Removal[] }): void {
    for (const conversationId of new Set(removed.filter(isHere).map((each) => each.conversationId)))
      rosters.recheck(conversationId).catch((error: unknown) => {
        log.debug({ err: error, conversationId }, "who is still a member could not be read: asked again");
      });
  }

  return startAsking({ ...options, route: "removals", everyMs: askEveryMs, onAnswer });
}
