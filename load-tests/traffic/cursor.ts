import type { Message } from "./device.ts";

interface SyncAnswer {
  reset?: boolean;
  conversations: {
    conversationId: string;
    messages: Message[];
    lastSeq: number;
    complete: boolean;
    reset?: boolean;
  }[];
}

/**
 * How far a device has read each conversation. A message must be the next one: the cluster promises every socket the
 * messages of a conversation in order, each once. While a device catches up, pushes are held back, because they are
 * allowed to overtake the answer.
 */
export function createCursor(listener: {
  received: (message: Message, by: "push" | "sync") => void;
  misordered: () => void;
}) {
  const heads = new Map<string, number>();
  const held: Message[] = [];
  let holding = false;

  function take(message: Message, by: "push" | "sync"): void {
    const head = heads.get(message.conversationId);
    // A conversation that was made while the device was connected.
    const next = head === undefined ? message.seq : head + 1;
    if (message.seq !== next) listener.misordered();
    if (message.seq < next) return;
    heads.set(message.conversationId, message.seq);
    listener.received(message, by);
  }

  return {
    begin(conversationId: string, lastSeq: number): void {
      if (!heads.has(conversationId)) heads.set(conversationId, lastSeq);
    },
    pushed(message: Message): void {
      if (holding) held.push(message);
      else take(message, "push");
    },
    hold(): void {
      holding = true;
    },
    /** True when nothing is left to ask for. */
    synced({ reset, conversations }: SyncAnswer): boolean {
      let complete = true;
      for (const item of conversations) {
        const head = heads.get(item.conversationId) ?? 0;
        for (const message of item.messages) if (message.seq > head) take(message, "sync");
        if (item.reset || reset) heads.set(item.conversationId, item.lastSeq);
        else complete &&= item.complete;
      }
      return complete || reset === true;
    },
    release(): void {
      holding = false;
      // The answer may have held it already.
      for (const message of held.splice(0))
        if (message.seq > (heads.get(message.conversationId) ?? 0)) take(message, "push");
    },
    heads: (): Record<string, number> => Object.fromEntries(heads),
    behind(tips: Record<string, number>): number {
      return Object.entries(tips).reduce(
        (sum, [id, tip]) => sum + Math.max(0, tip - (heads.get(id) ?? tip)),
        0,
      );
    },
  };
}
