import { Histogram } from "./histogram.ts";
import type { LightSocket } from "./light-socket.ts";
import { contentOf, numberIn } from "./messages.ts";
import type { RunResult } from "./result.ts";
import type { Schedule } from "./schedule.ts";

/** Times in milliseconds; `startAt` in Unix time, so that several processes and the CPU samples agree. */
export interface RunPlan {
  run: number;
  startAt: number;
  warmUpMs: number;
  windowMs: number;
  /** How long to wait, after the last message, for acks and deliveries still missing. */
  drainMs: number;
  contentLength: number;
}

/** Two people who talk. The sender 2n is the first of pair n, 2n + 1 the second. */
export interface Seat {
  conversationId: string;
  socket: LightSocket;
}

const clock = () => performance.timeOrigin + performance.now();

/** One run of one process: sends by the schedule, hears acks and deliveries, and counts. */
export class Run {
  readonly #plan: RunPlan;
  readonly #schedule: Schedule;
  readonly #seats: Seat[];
  readonly #firstAckId: number;
  readonly #ackedAt: Float64Array;
  readonly #deliveredAt: Float64Array;
  readonly #writtenAt: Float64Array;
  readonly #newestFrom: Int32Array;
  readonly #refusals = new Map<number, string>();
  #settled = 0;
  #repeated = 0;
  #overtaken = 0;

  constructor(plan: RunPlan, schedule: Schedule, seats: Seat[], firstAckId: number) {
    this.#plan = plan;
    this.#schedule = schedule;
    this.#seats = seats;
    this.#firstAckId = firstAckId;
    const count = schedule.dueMs.length;
    this.#ackedAt = new Float64Array(count);
    this.#deliveredAt = new Float64Array(count);
    this.#writtenAt = new Float64Array(count);
    this.#newestFrom = new Int32Array(seats.length).fill(-1);
  }

  onAck(id: number, json: string): void {
    const number = id - this.#firstAckId;
    if (number < 0 || number >= this.#ackedAt.length) return;
    this.#ackedAt[number] = clock() - this.#plan.startAt;
    if (json.startsWith('[{"ok":true')) this.#settled += 1;
    else {
      this.#refusals.set(number, /"code":"(\w+)"/.exec(json)?.[1] ?? "unknown");
      this.#settled += 2;
    }
  }

  /** `seat` heard an event; its own messages come back to it too and are not deliveries. */
  onEvent(seat: number, name: string, json: string): void {
    if (name !== "new_message") return;
    const number = numberIn(json, this.#plan.run);
    if (number < 0) return;
    const sender = this.#schedule.sender[number]!;
    if (sender === seat) return;
    if (this.#deliveredAt[number] !== 0) {
      this.#repeated += 1;
      return;
    }
    this.#deliveredAt[number] = clock() - this.#plan.startAt;
    this.#settled += 1;
    if (number < this.#newestFrom[sender]!) this.#overtaken += 1;
    else this.#newestFrom[sender] = number;
  }

  /** Resolves when everything is settled or the drain is over. */
  async perform(): Promise<RunResult> {
    await this.#sendAll();
    const all = 2 * this.#schedule.dueMs.length;
    const giveUpAt = clock() + this.#plan.drainMs;
    while (this.#settled < all && clock() < giveUpAt) await pause(20);
    return this.#result();
  }

  /**
   * The timer's grain is a millisecond: what falls due within one goes out together, for both sides of a comparison
   * alike. Spinning instead would take a whole core from the servers.
   */
  #sendAll(): Promise<void> {
    const { dueMs } = this.#schedule;
    let next = 0;
    return new Promise((resolve) => {
      const tick = () => {
        const now = clock() - this.#plan.startAt;
        while (next < dueMs.length && dueMs[next]! <= now) this.#send(next++);
        if (next === dueMs.length) resolve();
        else setTimeout(tick, Math.max(1, dueMs[next]! - now));
      };
      tick();
    });
  }

  #send(number: number): void {
    const { run, contentLength, startAt } = this.#plan;
    const seat = this.#seats[this.#schedule.sender[number]!]!;
    if (!seat.socket.isOpen) {
      this.#refusals.set(number, "unsent");
      this.#settled += 2;
      return;
    }
    const content = contentOf(run, number, contentLength);
    const payload = {
      conversationId: seat.conversationId,
      clientMessageId: `r${run}.${number}.${startAt}`,
      content,
    };
    seat.socket.send("send_message", payload, this.#firstAckId + number);
    this.#writtenAt[number] = clock() - startAt;
  }

  #result(): RunResult {
    const { warmUpMs, windowMs } = this.#plan;
    const windowEnd = warmUpMs + windowMs;
    const { dueMs } = this.#schedule;
    const [ack, delivery, lateness] = [new Histogram(), new Histogram(), new Histogram()];
    const errors: Record<string, number> = {};
    const counts = { offered: 0, acked: 0, delivered: 0, lost: 0, acksInWindow: 0, acksSinceWindow: 0 };
    for (let number = 0; number < dueMs.length; number += 1) {
      const due = dueMs[number]!;
      const ackedAt = this.#ackedAt[number]!;
      const deliveredAt = this.#deliveredAt[number]!;
      const refusal = this.#refusals.get(number) ?? (ackedAt === 0 ? "unacked" : undefined);
      if (!refusal && ackedAt >= warmUpMs) {
        counts.acksSinceWindow += 1;
        if (ackedAt < windowEnd) counts.acksInWindow += 1;
      }
      if (due < warmUpMs || due >= windowEnd) continue;
      counts.offered += 1;
      if (refusal) errors[refusal] = (errors[refusal] ?? 0) + 1;
      else {
        counts.acked += 1;
        ack.recordMs(ackedAt - due);
        if (deliveredAt === 0) counts.lost += 1;
      }
      if (deliveredAt !== 0) {
        counts.delivered += 1;
        delivery.recordMs(deliveredAt - due);
      }
      if (this.#writtenAt[number] !== 0) lateness.recordMs(this.#writtenAt[number]! - due);
    }
    const order = { repeated: this.#repeated, overtaken: this.#overtaken };
    return {
      ...counts,
      ...order,
      errors,
      ack: ack.state(),
      delivery: delivery.state(),
      lateness: lateness.state(),
    };
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
