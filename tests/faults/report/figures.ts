import type { Verdict } from "../check/checker.ts";
import type { Sample } from "../cluster/scrape.ts";
import type { FaultRecord, History } from "../history.ts";
import type { ProveOptions } from "../options.ts";
import type { Proof } from "../prove.ts";

/** What a run measured. Times are milliseconds. */
export interface Figures {
  options: ProveOptions;
  seconds: number;
  messages: number;
  /** Emissions of sends, repeats included. */
  emissions: number;
  connections: number;
  deliveries: number;
  /** From the moment somebody pressed enter: to the ack, and to each other device that showed it. */
  ack: { quiet: Spread; faulty: Spread };
  delivery: { quiet: Spread; faulty: Spread };
  kinds: KindFigures[];
  /** Of what the gateways released, how much came by publish and not by repair. */
  pushShare: { quiet: number; all: number };
  counters: Record<string, number>;
  faults: (Omit<FaultRecord, "startedAt" | "endedAt" | "stableAt"> &
    Record<"from" | "to" | "stable", number>)[];
  verdicts: Verdict[];
  /** Per second of the run: messages acked, and the slowest delivery of those sent then. */
  perSecond: { acked: number; slowestMs: number }[];
}

export interface Spread {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export interface KindFigures {
  kind: string;
  count: number;
  /** From the fault's end to the moment when everyone was served again. */
  worstStableMs: number;
  ack: Spread;
  delivery: Spread;
}

/** One way through the cluster: queued, and acked or shown. */
interface Way {
  from: number;
  to: number;
}

export function figuresOf(options: ProveOptions, proof: Proof): Figures {
  const { history, counters, began, ended, verdicts } = proof;
  const acks = ackWays(history);
  const deliveries = deliveryWays(history);
  const windows = history.faults.map(windowOf);
  const kinds = [...new Set(history.faults.map((fault) => fault.kind))].sort();
  return {
    options,
    seconds: (ended - began) / 1_000,
    messages: acks.length,
    emissions: history.sends.reduce((sum, send) => sum + send.attempts.length, 0),
    connections: history.sockets.length,
    deliveries: deliveries.length,
    ack: split(acks, windows),
    delivery: split(deliveries, windows),
    kinds: kinds.map((kind) => kindFigures(kind, history, acks, deliveries)),
    pushShare: pushShareOf(proof.samples, windows),
    counters,
    faults: history.faults.map(({ startedAt, endedAt, stableAt, ...fault }) => {
      return { ...fault, from: startedAt - began, to: endedAt - began, stable: stableAt - began };
    }),
    verdicts,
    perSecond: perSecond(acks, deliveries, began, ended),
  };
}

function pushShareOf(samples: Sample[], windows: Way[]): { quiet: number; all: number } {
  const sums = { quiet: { pushed: 0, all: 0 }, all: { pushed: 0, all: 0 } };
  for (const [index, to] of samples.entries()) {
    const from = samples[index - 1] ?? { at: to.at, pushed: 0, repaired: 0 };
    const pushed = to.pushed - from.pushed;
    const all = pushed + to.repaired - from.repaired;
    const isQuiet = !windows.some((window) => touches({ from: from.at, to: to.at }, window));
    for (const sum of isQuiet ? [sums.quiet, sums.all] : [sums.all]) {
      sum.pushed += pushed;
      sum.all += all;
    }
  }
  return {
    quiet: sums.quiet.pushed / Math.max(1, sums.quiet.all),
    all: sums.all.pushed / Math.max(1, sums.all.all),
  };
}

function ackWays(history: History): Way[] {
  return history.sends
    .filter((send) => send.purpose === "message")
    .flatMap((send) => {
      const ends = send.attempts.filter(({ outcome }) => outcome === "ok").map(({ end }) => end);
      return ends.length > 0 ? { from: send.queuedAt, to: Math.min(...ends) } : [];
    });
}

function deliveryWays(history: History): Way[] {
  const queued = new Map(
    history.sends
      .filter(({ purpose }) => purpose === "message")
      .map((send) => [`${send.conversationId} ${send.userId} ${send.clientMessageId}`, send.queuedAt]),
  );
  const owners = new Map(history.devices.map(({ id, userId }) => [id, userId]));
  return history.shown.flatMap(({ device, conversationId, messages, shownAt }) =>
    messages.flatMap(({ senderId, clientMessageId }, index) => {
      const from = queued.get(`${conversationId} ${senderId} ${clientMessageId}`);
      return from === undefined || owners.get(device) === senderId ? [] : { from, to: shownAt[index]! };
    }),
  );
}

/** What happens at one moment is felt for a while, even where nobody waited long enough to count as unstable. */
const feltMs = 3_000;

function windowOf({ startedAt, endedAt, stableAt }: FaultRecord): Way {
  const to = Number.isNaN(stableAt) ? Number.POSITIVE_INFINITY : stableAt;
  return { from: startedAt, to: Math.max(startedAt + feltMs, endedAt, to) };
}

/** A way that a fault touched at any moment counts as faulty. */
function split(ways: Way[], windows: Way[]): { quiet: Spread; faulty: Spread } {
  const faulty = ways.filter((way) => windows.some((window) => touches(way, window)));
  const quiet = ways.filter((way) => !windows.some((window) => touches(way, window)));
  return { quiet: spreadOf(quiet), faulty: spreadOf(faulty) };
}

function touches(a: Way, b: Way): boolean {
  return a.from <= b.to && b.from <= a.to;
}

function kindFigures(kind: string, history: History, acks: Way[], deliveries: Way[]): KindFigures {
  const faults = history.faults.filter((fault) => fault.kind === kind);
  const windows = faults.map(windowOf);
  return {
    kind,
    count: faults.length,
    worstStableMs: Math.max(...faults.map(({ stableAt, endedAt }) => stableAt - endedAt)),
    ack: split(acks, windows).faulty,
    delivery: split(deliveries, windows).faulty,
  };
}

export function spreadOf(ways: Way[]): Spread {
  const times = Float64Array.from(ways, ({ from, to }) => to - from).sort();
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { count: times.length, p50: at(0.5), p99: at(0.99), max: times.at(-1) ?? 0 };
}

function perSecond(acks: Way[], deliveries: Way[], began: number, ended: number): Figures["perSecond"] {
  const seconds = Array.from({ length: Math.ceil((ended - began) / 1_000) }, () => ({
    acked: 0,
    slowestMs: 0,
  }));
  for (const { to } of acks) {
    const second = seconds[Math.floor((to - began) / 1_000)];
    if (second) second.acked += 1;
  }
  for (const { from, to } of deliveries) {
    const second = seconds[Math.floor((from - began) / 1_000)];
    if (second) second.slowestMs = Math.max(second.slowestMs, to - from);
  }
  return seconds;
}
