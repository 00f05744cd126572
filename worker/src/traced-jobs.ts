import type { OutboxMessage } from "@parloir/contracts/jobs.ts";
import { codeOf, type Span, type TraceStep, type Tracing } from "@parloir/platform/tracing.ts";

/** A job is for many messages: it is a step in the trace of each that has one. */
export type JobSpans = ReadonlyMap<OutboxMessage, Span>;

const none: JobSpans = new Map();

export function beginJob(tracing: Tracing, step: TraceStep, messages: OutboxMessage[]): JobSpans {
  const tracedOnes = messages.filter((message) => message.traceparent !== undefined);
  if (tracedOnes.length === 0) return none;
  return new Map(
    tracedOnes.flatMap((message) => {
      const span = tracing.step(step, message.traceparent);
      return span ? [[message, span] as const] : [];
    }),
  );
}

/** Ends the steps with the job's work. */
export async function endJob(spans: JobSpans, work: Promise<void>): Promise<void> {
  try {
    await work;
    for (const [{ conversationId, seq }, span] of spans) span.end({ conversationId, seq });
  } catch (error) {
    for (const [{ conversationId, seq }, span] of spans)
      span.end({ conversationId, seq, error: codeOf(error) });
    throw error;
  }
}
