import type { History, Mark } from "../history.ts";
import type { Random } from "../random.ts";
import type { Device } from "./device.ts";

/** People who mark what they have read, and now and then less than before. */
export interface Reading {
  /** No mark waits for its answer. */
  isIdle: () => boolean;
  stop: () => void;
}

const everyMs = 2_500;
/** A device that scrolled up marks less than it did before: the mark must not fall. */
const lowMarkChance = 0.15;
const ackTimeoutMs = 7_000;

export function startReading(options: {
  readers: Device[];
  history: History;
  random: Random;
  now: () => number;
  /** Only while people talk. */
  isOn: () => boolean;
}): Reading {
  const { history, random, now } = options;
  const lastMarks = new Map<Device, Mark>();
  let underWay = 0;

  async function mark(device: Device): Promise<void> {
    const before = lastMarks.get(device);
    const isLow = before !== undefined && before.seq > 1 && random.next() < lowMarkChance;
    const conversationId = isLow ? before.conversationId : random.pick([...device.timelines.keys()]);
    const head = device.timelines.get(conversationId)!.position();
    if (!device.isReady() || head === 0) return;
    const { userId } = device;
    const seq = isLow ? Math.max(1, before.seq - 1 - random.int(5)) : head;
    const entry: Mark = { conversationId, userId, seq, at: now(), end: Number.NaN, lastReadSeq: null };
    if (!isLow) lastMarks.set(device, entry);
    history.marks.push(entry);
    underWay += 1;
    type Answer = { lastReadSeq: number };
    const outcome = await device.request<Answer>("mark_read", { conversationId, seq }, ackTimeoutMs);
    underWay -= 1;
    entry.end = now();
    if (outcome.kind === "ok") entry.lastReadSeq = outcome.data.lastReadSeq;
  }

  const timers = options.readers.map((device) =>
    setInterval(() => options.isOn() && void mark(device), everyMs * random.between(0.7, 1.3)),
  );
  return {
    isIdle: () => underWay === 0,
    stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
