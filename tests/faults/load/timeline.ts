import type { Message } from "@parloir/contracts/shapes.ts";
import type { Shown } from "../history.ts";

/** What one device shows of one conversation: seq 1 … position, and what came before its turn. */
export interface Timeline {
  readonly messages: readonly Shown[];
  /** When each of them was shown first. */
  readonly shownAt: readonly number[];
  position: () => number;
  /** Ahead of its turn: something in between is missing. */
  hasHole: () => boolean;
  merge: (message: Message) => void;
  clear: () => void;
}

/** Messages that say the same are one object: every member's list would otherwise hold a copy of each. */
export function createInterning(): (message: Message) => Shown {
  const known = new Map<string, Shown>();
  return (message) => {
    const { conversationId, seq, id, senderId, clientMessageId, content, createdAt } = message;
    const key = `${conversationId} ${seq} ${id} ${senderId} ${clientMessageId} ${createdAt} ${content}`;
    let shown = known.get(key);
    if (!shown) {
      shown = { seq, id, senderId, clientMessageId, content, createdAt };
      known.set(key, shown);
    }
    return shown;
  };
}

export function createTimeline(intern: (message: Message) => Shown, now: () => number): Timeline {
  let messages: Shown[] = [];
  const shownAt: number[] = [];
  const early = new Map<number, Shown>();

  return {
    get messages() {
      return messages;
    },
    shownAt,
    position: () => messages.length,
    hasHole: () => early.size > 0,
    merge(message) {
      if (message.seq <= messages.length) return;
      early.set(message.seq, intern(message));
      for (;;) {
        const next = early.get(messages.length + 1);
        if (!next) break;
        early.delete(next.seq);
        shownAt[messages.length] ??= now();
        messages.push(next);
      }
    },
    clear() {
      messages = [];
      early.clear();
    },
  };
}
