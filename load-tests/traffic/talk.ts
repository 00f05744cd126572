import type { Clock } from "../framing/session.ts";
import type { Arrival } from "./arrivals.ts";
import type { Device } from "./device.ts";

/** Who may write where. */
export interface Seat {
  device: Device;
  conversationId: string;
}

const mark = /^#(\d+)\.([a-z]+)#/;

/** A text that says when it was due: whoever receives it on this machine's clock knows how long it took. */
export function textOf(dueAt: number, phase: string, length: number): string {
  return `#${Math.round(dueAt)}.${phase}# `.padEnd(length, "lorem ipsum dolor sit amet ");
}

/** Null for what no run has written. */
export function markOf(text: string): { dueAt: number; phase: string } | null {
  const found = mark.exec(text);
  return found ? { dueAt: Number(found[1]), phase: found[2]! } : null;
}

/**
 * Sends at the times that were drawn, from seats chosen at random, whether or not earlier sends were answered.
 * Resolves when the last one was handed over.
 */
export async function talk(options: {
  seats: readonly Seat[];
  arrivals: Iterable<Arrival>;
  /** Distinguishes this run's messages from all others'. */
  idPrefix: string;
  length: number;
  clock: Clock;
  random: () => number;
  /** How late a send was itself: the generator's fault, not the cluster's. */
  late: (ms: number) => void;
}): Promise<void> {
  const { clock, random, seats } = options;
  const start = clock.now();
  let number = 0;
  for (const { dueMs, phase } of options.arrivals) {
    const dueAt = start + dueMs;
    const wait = dueAt - clock.now();
    if (wait > 0) await new Promise<void>((resolve) => void clock.after(wait, resolve));
    options.late(Math.max(0, clock.now() - dueAt));
    const { device, conversationId } = seats[Math.floor(random() * seats.length)]!;
    number += 1;
    device.send(conversationId, `${options.idPrefix}-${number}`, textOf(dueAt, phase, options.length), dueAt);
  }
}
