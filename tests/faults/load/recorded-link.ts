import type { Link, LinkEvent } from "@parloir/client/core/link.ts";
import { asCodedError, NoAnswer } from "@parloir/client/core/link.ts";
import type { SendReceipt, SyncAnswer } from "@parloir/contracts/events.ts";
import type { Attempt, History, Send, SocketLog } from "../history.ts";
import { syncLogOf } from "./catch-up.ts";

interface HeardFields {
  conversationId?: string | null;
  seq?: number | null;
  change?: number;
  id?: string;
}

type Cursors = Record<string, { seq: number; change: number }>;

/**
 * Writes what passes through the product's own link into the history: each emission of a send with its outcome, each
 * answer of sync, each event. The client above does not notice.
 */
export function recordLink(
  link: Link,
  options: {
    device: number;
    userId: string;
    history: History;
    now: () => number;
    /** The send of this id, once the person wrote it. */
    find: (clientMessageId: string) => Send | undefined;
    onAcked: (send: Send, receipt: SendReceipt) => void;
  },
): Link {
  const { device, userId, history, now } = options;
  let socket = openLog("");

  /** Over polling there is no socket: what REST answers is history, not pushes. */
  const viaSocket = () => link.state.getSnapshot().via === "socket";

  function openLog(node: string): SocketLog {
    const log: SocketLog = {
      id: history.sockets.length,
      device,
      userId,
      node,
      epoch: "",
      // The link does not say when it dialled: NaN precedes nothing.
      startedAt: Number.NaN,
      readyAt: now(),
      closedAt: Number.NaN,
      heads: [],
      heard: [],
    };
    history.sockets.push(log);
    return log;
  }

  link.listen((heard: LinkEvent) => {
    if (heard.event === "ready") {
      socket.closedAt = now();
      socket = openLog(viaSocket() ? "socket" : "polling");
      return;
    }
    const fields = heard.payload as HeardFields;
    const isPush = ["new_message", "message_updated", "notification"].includes(heard.event);
    if (heard.event !== "resync" && (!fields.conversationId || (isPush && !viaSocket()))) return;
    const conversationId = fields.conversationId ?? "";
    socket.heard.push({
      at: now(),
      event: heard.event,
      conversationId,
      seq: fields.seq ?? 0,
      change: fields.change ?? 0,
      id: fields.id ?? "",
    });
  });

  async function recordSend(send: Send, request: () => Promise<SendReceipt>): Promise<SendReceipt> {
    const at = now();
    const attempt: Attempt = {
      socket: socket.id,
      at,
      end: Number.NaN,
      outcome: "open",
      code: null,
      receipt: null,
    };
    send.attempts.push(attempt);
    try {
      const receipt = await request();
      const { id, seq, createdAt, duplicate } = receipt;
      Object.assign(attempt, { end: now(), outcome: "ok", receipt: { id, seq, createdAt, duplicate } });
      options.onAcked(send, receipt);
      return receipt;
    } catch (error) {
      const { code } = asCodedError(error);
      const isOpen = error instanceof NoAnswer || code === "UNAVAILABLE" || code === "INTERNAL";
      Object.assign(attempt, { end: now(), outcome: isOpen ? "unknown" : "failed", code });
      throw error;
    }
  }

  async function recordSync(cursors: Cursors, request: () => Promise<SyncAnswer>) {
    const at = now();
    const id = socket.id;
    const answer = await request();
    for (const item of answer.conversations)
      history.syncs.push(syncLogOf(item, cursors[item.conversationId]!, at, id));
    return answer;
  }

  return {
    ...link,
    async request(command, payload) {
      const plain = () => link.request(command, payload) as Promise<never>;
      if (command === "sync" && viaSocket())
        return (await recordSync((payload as { cursors: Cursors }).cursors, plain)) as never;
      if (command !== "send_message") return plain();
      const send = options.find((payload as { clientMessageId: string }).clientMessageId);
      return send ? ((await recordSend(send, plain)) as never) : plain();
    },
  };
}
