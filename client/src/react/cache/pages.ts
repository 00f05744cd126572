import type { Message } from "@parloir/contracts/shapes.ts";

/** A piece of a conversation, oldest first. */
export interface MessagePage {
  messages: readonly Message[];
  hasOlder: boolean;
}

/** What an infinite query holds: the newest page first, each reaching to the seq before the one above it. */
export interface MessagePages {
  pages: MessagePage[];
  /** `before`: the page holds what precedes this seq; null: the newest. */
  pageParams: (number | null)[];
}

const firstSeqOf = (page: MessagePage | undefined) => page?.messages[0]?.seq;

/**
 * Puts messages into the pages that they belong to. Ack, push and page of one message race, so it commutes and repeats
 * harmlessly: of two versions of a seq the later change stands. What is older than the oldest page is left out; it
 * comes with its own page. Pages that do not change stay the same objects.
 */
export function mergeMessages(data: MessagePages, incoming: readonly Message[]): MessagePages {
  let above = Number.POSITIVE_INFINITY;
  let changed = false;
  const pages = data.pages.map((page, index) => {
    const isOldest = index === data.pages.length - 1;
    const from = firstSeqOf(page) ?? 0;
    // The oldest page of a conversation that is there as a whole begins at its beginning.
    const least = isOldest && !page.hasOlder ? 0 : from;
    const mine = incoming.filter(({ seq }) => seq >= least && seq < above);
    above = from;
    const messages = mergeBySeq(page.messages, mine);
    if (messages === page.messages) return page;
    changed = true;
    return { ...page, messages };
  });
  return changed ? { ...data, pages } : data;
}

function mergeBySeq(known: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  let changed = false;
  for (const message of incoming) {
    const present = bySeq.get(message.seq);
    if (present && present.change >= message.change) continue;
    bySeq.set(message.seq, message);
    changed = true;
  }
  return changed ? [...bySeq.values()].sort((a, b) => a.seq - b.seq) : known;
}

/**
 * Follows the gapless run that the connection keeps. Normally it overlaps what is cached and is merged; after a reload
 * (an absence too long to repair, a restored database) the two cannot be joined, and the run is all there is.
 */
export function followRun(data: MessagePages, run: MessagePage): MessagePages {
  const newestCached = data.pages[0]?.messages.at(-1)?.seq ?? 0;
  const first = firstSeqOf(run);
  const newest = run.messages.at(-1)?.seq ?? 0;
  const isJoined = newest >= newestCached && (first === undefined || first <= newestCached + 1);
  if (isJoined) return mergeMessages(data, run.messages);
  return { pages: [run], pageParams: [null] };
}

export function allMessages(data: MessagePages | undefined): readonly Message[] {
  return data ? data.pages.toReversed().flatMap((page) => page.messages) : [];
}
