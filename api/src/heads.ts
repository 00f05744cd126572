import type { InternalItem, ItemResult } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import { type ChannelHead, readChannelHeads } from "@parloir/store/channels.ts";
import { replaceEpoch } from "@parloir/store/cluster-state.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Head, readHeads } from "@parloir/store/messages.ts";

/**
 * Heads for the gateways, and the proof that comes with the question: a gateway that has delivered a seq which the
 * database does not have (any more) was talking to another history. A new epoch begins then.
 */
export async function answerHeads(
  database: Database,
  log: Log,
  items: InternalItem<"heads">[],
): Promise<ItemResult<Head>[]> {
  const heads = await readHeads(
    database,
    items.map((item) => item.conversationId),
  );
  const lost = items.find(({ conversationId, known, knownChange }) => {
    const { lastSeq = 0, lastChange = 0 } = heads.get(conversationId) ?? {};
    return lastSeq < known || lastChange < knownChange;
  });
  if (lost) {
    log.warn({ conversationId: lost.conversationId }, "the database is an older state: new epoch");
    await replaceEpoch(database, lost.epoch);
  }
  return items.map(({ conversationId }) => {
    const head = heads.get(conversationId);
    if (head) return { ok: true, data: head };
    return { ok: false, error: { code: "NOT_FOUND", message: "no such conversation", retryable: false } };
  });
}

/**
 * As above, of channels; one without a row stands at 0. That proves nothing of people's own channels, which go with
 * who is erased.
 */
export async function answerChannelHeads(
  database: Database,
  log: Log,
  items: InternalItem<"channelHeads">[],
): Promise<ChannelHead[]> {
  const names = items.map((item) => item.channel);
  const heads = await readChannelHeads(database, names);
  const lost = items.find(({ channel, known }, index) => {
    const { cursor } = heads[index]!;
    return cursor < known && !(cursor === 0 && channel.startsWith("user:"));
  });
  if (lost) {
    log.warn({ channel: lost.channel }, "the database is an older state: new epoch");
    await replaceEpoch(database, lost.epoch);
  }
  return heads;
}
