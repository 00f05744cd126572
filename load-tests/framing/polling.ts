import { engineClose, payloadOf, readEngine, readPayload } from "./packets.ts";
import type { Wire } from "./session.ts";

/** One HTTP request; `status` 0 says that there was no answer. */
export type Request = (
  method: "GET" | "POST",
  url: string,
  body: string | null,
) => Promise<{ status: number; body: string }>;

export interface WireEvents {
  packet: (packet: string) => void;
  dropped: (reason: string) => void;
}

/**
 * Engine.IO over long polling: one GET that waits for packets, then the next; what is sent meanwhile goes in one POST,
 * and never two at a time, because the server ends a session whose requests overlap.
 */
export function openPolling(url: string, request: Request, events: WireEvents): Wire {
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const unsent: string[] = [];
  let session: { address: string; maxPayload: number } | null = null;
  let isPosting = false;
  let isOver = false;

  function drop(reason: string): void {
    if (isOver) return;
    isOver = true;
    events.dropped(reason);
  }

  async function poll(): Promise<void> {
    while (!isOver) {
      const { status, body } = await request("GET", session?.address ?? base, null);
      if (isOver) return;
      if (status !== 200) return drop(`polling answered ${status}`);
      for (const packet of readPayload(body)) {
        const read = readEngine(packet);
        if (read.type === "open") {
          const { sid, maxPayload } = read.handshake;
          session = { address: `${base}&sid=${encodeURIComponent(sid)}`, maxPayload };
        }
        events.packet(packet);
      }
    }
  }

  async function post(): Promise<void> {
    if (isPosting || session === null) return;
    isPosting = true;
    while (unsent.length > 0) {
      const { status } = await request("POST", session.address, payloadOf(takeFitting(session.maxPayload)));
      if (status !== 200) {
        unsent.length = 0;
        drop(`posting answered ${status}`);
      }
    }
    isPosting = false;
  }

  /**
   * As many as one body may hold, and at least one. Counts characters, so it leaves room for wide ones. The close goes by
   * itself: Socket.IO's server takes up packets with its next turn, and of one body the close would come before them.
   */
  function takeFitting(maxPayload: number): string[] {
    const fits = (packet: string) => packet !== engineClose && size + packet.length < maxPayload / 4;
    let size = 0;
    let count = 0;
    while (count < unsent.length && (count === 0 || fits(unsent[count]!))) {
      size += unsent[count]!.length + 1;
      count += 1;
    }
    return unsent.splice(0, count);
  }

  const start = (work: () => Promise<void>) => void work().catch((error: unknown) => drop(String(error)));

  start(poll);
  return {
    send(packet) {
      if (isOver) return;
      unsent.push(packet);
      start(post);
    },
    close() {
      if (isOver) return;
      isOver = true;
      // Tells the server, which would otherwise keep the session until its ping time-out.
      unsent.push(engineClose);
      start(post);
    },
  };
}
