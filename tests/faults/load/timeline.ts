import type { Message } from "@parloir/contracts/shapes.ts";
import type { Shown } from "../history.ts";

/**
 * What one device shows of one conversation: seq 1 … position, each as of its latest change that came, and what came
 * before its turn.
 */
export interface Timeline {
  readonly messages: readonly Shown[];
  /** When each of them was shown first. */
  readonly shownAt: readonly number[];
  position: () => number;
  /** Every change up to this one is in `messages`. */
  change: () => number;
  /** Ahead of its turn: something in between is missing. */
  hasHole: () => boolean;
  merge: (message: Message) => void;
  /** An answer that says everything up to this change was merged. */
  cover: (change: number) => void;
  clear: () => void;
}

/** Messages that say the same are one object: every member's list would otherwise hold a copy of each. */
export function createInterning(): (message: Message) => Shown {
  const known = new Map<string, Shown>();
  return (message) => {
    const { conversationId, seq, id, senderId, clientMessageId, content, createdAt } = message;
    const { editedAt, deletedAt } = message;
    const reactions = reactionsText(message.reactions);
    const fresh = { seq, id, senderId, clientMessageId, content, createdAt, editedAt, deletedAt, reactions };
    const key = `${conversationId} ${Object.values(fresh).join(" ")}`;
    const shown = known.get(key) ?? fresh;
    known.set(key, shown);
    return shown;
  };
}

/** `👍 ana ben, ❤️ ana`: in the order in which the cluster tells them. */
export function reactionsText(reactions: { emoji: string; userIds: string[] }[]): string {
  return reactions.map(({ emoji, userIds }) => [emoji, ...userIds].join(" ")).join(", ");
}

export function createTimeline(intern: (message: Message) => Shown, now: () => number): Timeline {
  let messages: Shown[] = [];
  /** The change at which each of them stands. */
  let versions: number[] = [];
  let change = 0;
  const shownAt: number[] = [];
  const early = new Map<number, Message>();
  const ahead = new Set<number>();

  function advance(): void {
    while (ahead.delete(change + 1)) change += 1;
    for (const each of ahead) if (each <= change) ahead.delete(each);
  }

  function show(message: Message): void {
    messages[message.seq - 1] = intern(message);
    versions[message.seq - 1] = message.change;
  }

  return {
    get messages() {
      return messages;
    },
    shownAt,
    position: () => messages.length,
    change: () => change,
    hasHole: () => early.size > 0 || ahead.size > 0,
    merge(message) {
      if (message.change > change) ahead.add(message.change);
      advance();
      if (message.seq <= messages.length) {
        if (message.change > versions[message.seq - 1]!) show(message);
        return;
      }
      if (message.change > (early.get(message.seq)?.change ?? 0)) early.set(message.seq, message);
      for (;;) {
        const next = early.get(messages.length + 1);
        if (!next) break;
        early.delete(next.seq);
        shownAt[messages.length] ??= now();
        show(next);
      }
    },
    cover(reached) {
      change = Math.max(change, reached);
      advance();
    },
    clear() {
      messages = [];
      versions = [];
      change = 0;
      early.clear();
      ahead.clear();
    },
  };
}
