import type { AckError, Clock, Session } from "../framing/session.ts";

export interface Send {
  conversationId: string;
  clientMessageId: string;
  content: string;
  dueAt: number;
}

/** A send whose outcome is unknown is repeated for so long, always with its id: it is stored once at most. */
const patienceMs = 60_000;
const repeatMs = 1_000;

/** What one person wants sent and has no answer to yet. */
export function createOutbox(options: {
  clock: Clock;
  /** Null while there is no connection that takes a send. */
  session: () => Session | null;
  /** Milliseconds from when the send was due to its ack. */
  acked: (ms: number, content: string) => void;
  /** For good. */
  failed: (reason: string) => void;
}) {
  const { clock } = options;
  const unsettled = new Set<Send>();

  async function attempt(send: Send): Promise<void> {
    const mine = options.session();
    if (!mine) return;
    const { dueAt, ...payload } = send;
    const ack = await mine.call("send_message", payload);
    if (!unsettled.has(send)) return;
    if (ack?.ok) {
      unsettled.delete(send);
      options.acked(clock.now() - dueAt, send.content);
    } else if (ack && !isRepeatable(ack.error)) fail(send, ack.error.code);
    else if (clock.now() - dueAt > patienceMs) fail(send, ack?.error.code ?? "NO_ACK");
    // On a new connection `again` repeats it.
    else if (options.session() === mine) {
      await new Promise<void>((resolve) => void clock.after(ack?.error.retryAfterMs ?? repeatMs, resolve));
      if (options.session() === mine && unsettled.has(send)) void attempt(send);
    }
  }

  function fail(send: Send, reason: string): void {
    unsettled.delete(send);
    options.failed(reason);
  }

  return {
    send(send: Send): void {
      unsettled.add(send);
      void attempt(send);
    },
    /** On a new connection. */
    again(): void {
      for (const send of unsettled) void attempt(send);
    },
    isEmpty: () => unsettled.size === 0,
    giveUp(): void {
      for (const send of [...unsettled]) fail(send, "NO_ACK");
    },
  };
}

/** Not written, for now: the same id may try again. */
function isRepeatable({ code, retryable }: AckError): boolean {
  return retryable || code === "RATE_LIMITED";
}
