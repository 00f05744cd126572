import type { HistogramState } from "./histogram.ts";
import { Histogram } from "./histogram.ts";

/** What one run counted; plain data, it crosses a process border. */
export interface RunResult {
  /** Messages due within the window; everything below it speaks of these, unless it says otherwise. */
  offered: number;
  acked: number;
  /** Refused by the server, by code; `unsent`: the socket was gone; `unacked`: no answer by the end of the drain. */
  errors: Record<string, number>;
  delivered: number;
  /** Acked, yet never received by the other person. */
  lost: number;
  /** Received twice, and received after a later message of the same sender: of the whole run. */
  repeated: number;
  overtaken: number;
  /** Acks that arrived during the window, whichever message they were for: what the servers achieved. */
  acksInWindow: number;
  /** Acks from the start of the window on: the divisor of the CPU used from then on. */
  acksSinceWindow: number;
  ack: HistogramState;
  delivery: HistogramState;
  /** How late the generator itself was: due → written. Included in the latencies above. */
  lateness: HistogramState;
}

/** Two generators' counts, or two runs', as one. */
export function sumOf(left: RunResult, right: RunResult): RunResult {
  const errors = { ...left.errors };
  for (const [code, count] of Object.entries(right.errors)) errors[code] = (errors[code] ?? 0) + count;
  return {
    offered: left.offered + right.offered,
    acked: left.acked + right.acked,
    errors,
    delivered: left.delivered + right.delivered,
    lost: left.lost + right.lost,
    repeated: left.repeated + right.repeated,
    overtaken: left.overtaken + right.overtaken,
    acksInWindow: left.acksInWindow + right.acksInWindow,
    acksSinceWindow: left.acksSinceWindow + right.acksSinceWindow,
    ack: merged(left.ack, right.ack),
    delivery: merged(left.delivery, right.delivery),
    lateness: merged(left.lateness, right.lateness),
  };
}

function merged(left: HistogramState, right: HistogramState): HistogramState {
  const sum = new Histogram();
  sum.add(left);
  sum.add(right);
  return sum.state();
}
