import { type Cursor, maxSyncPage } from "@parloir/contracts/commands.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { SyncItem } from "@parloir/contracts/events.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { GatewayContext, GatewaySocket } from "../context.ts";
import type { Handler } from "./handlers.ts";

/**
 * Answers what a client missed: from the ring when it provably covers the hole, else from the database in a read
 * shared with everybody who asks at the moment. Unknown and foreign ids are absent from the answer.
 */
export const sync: Handler<"sync"> = async (gateway, socket, payload) => {
  await socket.data.opened;
  const epoch = gateway.api.epoch();
  if (payload.epoch !== undefined && payload.epoch !== epoch)
    return { epoch, reset: true, conversations: [] };
  const cursors = Object.entries(payload.cursors);
  // Shared among the conversations of one request: those that are left incomplete are asked for again.
  const limit = Math.min(maxSyncPage, Math.max(fewestMessages, Math.floor(mostMessages / cursors.length)));
  const items = await Promise.all(cursors.map(([id, cursor]) => syncOne(gateway, socket, id, cursor, limit)));
  return {
    epoch,
    conversations: withinBytes(
      items.filter((item) => item !== null),
      payload.cursors,
    ),
  };
};

/** Messages in one answer, and at least so many a conversation. */
const mostMessages = 1_000;
const fewestMessages = 5;
/**
 * Characters of text in one answer. A client on a slow line gets answers that it can take before it counts as a slow
 * reader (1 MB): measured, 200 conversations of 200 messages made 22 MB, and the socket was cut every time.
 */
const mostCharacters = 400_000;

/** Cuts what exceeds the answer's size, leaving each conversation its first message: the client asks on from there. */
function withinBytes(items: SyncItem[], cursors: Record<string, Cursor>): SyncItem[] {
  let left = mostCharacters;
  return items.map((item) => {
    const kept = item.messages.findIndex((message, index) => {
      left -= message.content.length;
      return left < 0 && index > 0;
    });
    return kept === -1 ? item : cut(item, kept, seqOf(cursors[item.conversationId]!));
  });
}

/** Its first messages. Where older ones that changed are left out, it reaches no further than the last one kept. */
function cut(item: SyncItem, count: number, after: number): SyncItem {
  const messages = item.messages.slice(0, count);
  const last = messages.at(-1)!;
  const lastChange = last.seq <= after ? last.change : item.lastChange;
  return { ...item, messages, lastChange, complete: false };
}

function seqOf(cursor: Cursor): number {
  return typeof cursor === "number" ? cursor : cursor.seq;
}

async function syncOne(
  gateway: GatewayContext,
  socket: GatewaySocket,
  conversationId: string,
  cursor: Cursor,
  limit: number,
): Promise<SyncItem | null> {
  const sources = gateway.metrics.get("parloir_sync_total");
  const fromRing = await readRing(gateway, socket, conversationId, cursor, limit);
  if (fromRing) {
    sources.inc({ source: "ring" });
    return fromRing;
  }
  sources.inc({ source: "database" });
  try {
    const { userId } = socket.data.user;
    const { roster: _, ...item } = await gateway.reads.submit(conversationId, {
      conversationId,
      userId,
      after: seqOf(cursor),
      ...(typeof cursor === "number" ? {} : { change: cursor.change }),
      limit,
    });
    // Of a page that is not complete lastChange is no head, but a change that there is all the same.
    gateway.sequencer.tip(conversationId, item);
    return item;
  } catch (error) {
    if (error instanceof CodedError && error.code === "NOT_FOUND") return null;
    throw error;
  }
}

/** How long after connecting the heads of `ready` prove the ring: later, a message may be missing from both. */
const provenMs = 10_000;

/**
 * The ring covers the hole when it reaches back to the cursor and stands at the heads that were read from the
 * database for this very connection; what came after that head is pushed, because the socket is in the room.
 */
async function readRing(
  gateway: GatewayContext,
  socket: GatewaySocket,
  conversationId: string,
  cursor: Cursor,
  limit: number,
): Promise<SyncItem | null> {
  const after = seqOf(cursor);
  const change = typeof cursor === "number" ? undefined : cursor.change;
  const head = socket.data.heads.get(conversationId);
  if (head === undefined || performance.now() - socket.data.connectedAt > provenMs) return null;
  if (!socket.rooms.has(rooms.conversation(conversationId))) return null;
  if (after > head.lastSeq || after < head.floor || (change ?? 0) > head.lastChange) return null;
  await gateway.sequencer.catchUp(conversationId, head);
  const found = gateway.sequencer.since(conversationId, after, change);
  if (!found || found.lastSeq < head.lastSeq || found.lastChange < head.lastChange) return null;
  const messages = found.messages.filter((message) => message.seq > head.floor);
  const item = { conversationId, ...found, messages, complete: true };
  return messages.length > limit ? cut(item, limit, after) : item;
}
