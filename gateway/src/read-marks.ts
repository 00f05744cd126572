import type { ReadMark } from "@parloir/contracts/shapes.ts";
import type { Batcher } from "./batcher.ts";

/**
 * Read marks, gathered for `coalesceMs` before they are written: a reader who scrolls makes one write. Marks of
 * one person in one conversation become the highest; each is acked after the commit, so an acked mark survives.
 */
export interface ReadMarks {
  /** @throws CodedError NOT_FOUND, UNAVAILABLE */
  raise: (userId: string, conversationId: string, seq: number) => Promise<ReadMark>;
  drained: () => Promise<void>;
}

const coalesceMs = 250;

interface Gathering {
  userId: string;
  conversationId: string;
  seq: number;
  done: Promise<ReadMark>;
}

export function createReadMarks(batcher: Batcher<"marks">): ReadMarks {
  const gathering = new Map<string, Gathering>();

  async function write(key: string): Promise<ReadMark> {
    await new Promise((resolve) => setTimeout(resolve, coalesceMs));
    const mark = gathering.get(key)!;
    gathering.delete(key);
    const { userId, conversationId, seq } = mark;
    return batcher.submit(conversationId, { userId, conversationId, seq });
  }

  return {
    raise(userId, conversationId, seq) {
      const key = `${conversationId} ${userId}`;
      const known = gathering.get(key);
      if (known) {
        known.seq = Math.max(known.seq, seq);
        return known.done;
      }
      const mark: Gathering = { userId, conversationId, seq, done: Promise.resolve() as never };
      gathering.set(key, mark);
      mark.done = write(key);
      return mark.done;
    },
    async drained() {
      await Promise.allSettled([...gathering.values()].map((mark) => mark.done));
      await batcher.drained();
    },
  };
}
