import { randomUUID } from "node:crypto";
import { type Client, createClient } from "@parloir/client/core/client.ts";
import type { Ack, Ready, SendReceipt } from "@parloir/contracts/events.ts";
import { io, type Socket } from "socket.io-client";
import { sleep } from "./watching.ts";

/** People who write one message after the other, each as its kind of client would. */
export interface Writer {
  /** Contents that were acked, in order. */
  acked: string[];
  /** Why sends failed for good. */
  failed: string[];
  /** Resolves once it is connected. */
  connected: Promise<unknown>;
  write: (until: () => boolean) => Promise<void>;
  close: () => void;
}

export interface WriterOptions {
  url: string;
  userId: string;
  token: string;
  conversationId: string;
  pauseMs: number;
}

/** Socket.IO's own client with its defaults: knows nothing of us, sends once and waits 10 s for the ack. */
export function plainWriter(
  options: WriterOptions,
): Writer & { raw: Socket; delays: number[]; nodes: string[] } {
  const { conversationId, pauseMs } = options;
  const raw = io(options.url, { auth: { token: options.token }, forceNew: true });
  const [acked, failed, delays, nodes] = [[] as string[], [] as string[], [] as number[], [] as string[]];
  raw.on("server_draining", ({ reconnectInMs }: { reconnectInMs: number }) => delays.push(reconnectInMs));
  raw.on("ready", ({ nodeId }: Ready) => nodes.push(nodeId));
  const connected = new Promise((resolve) => raw.once("ready", resolve));

  async function sendOne(content: string): Promise<void> {
    const payload = { conversationId, clientMessageId: randomUUID(), content };
    try {
      const ack: Ack<SendReceipt> = await raw.timeout(10_000).emitWithAck("send_message", payload);
      if (ack.ok) acked.push(content);
      else failed.push(`${content}: ${ack.error.code} ${ack.error.message}`);
    } catch (error) {
      failed.push(`${content}: ${(error as Error).message}`);
    }
  }

  return {
    raw,
    acked,
    failed,
    delays,
    nodes,
    connected,
    async write(until) {
      for (let n = 1; !until(); n++) {
        await sendOne(`${options.userId} plain ${n}`);
        await sleep(pauseMs);
      }
    },
    close: () => raw.close(),
  };
}

/** The official client: what it has written is sent when it has left `pending`. */
export function officialWriter(options: WriterOptions): Writer & { client: Client } {
  const { conversationId, pauseMs, userId } = options;
  const client = createClient({ url: options.url, userId, getToken: async () => options.token });
  const [acked, failed] = [[] as string[], [] as string[]];
  const isOnline = () => client.connection.getSnapshot().status === "online";

  function until(look: () => boolean, source: { subscribe: (listener: () => void) => () => void }) {
    return new Promise<void>((resolve) => {
      const end = source.subscribe(check);
      function check(): void {
        if (!look()) return;
        end();
        resolve();
      }
      check();
    });
  }

  async function sendOne(content: string): Promise<void> {
    client.send({ conversationId, content });
    const pending = () => client.pending.getSnapshot().find((each) => each.content === content);
    await until(() => pending()?.state !== "sending", client.pending);
    const left = pending();
    if (left) failed.push(`${content}: ${left.failure?.code}`);
    else acked.push(content);
  }

  return {
    client,
    acked,
    failed,
    connected: until(isOnline, client.connection),
    async write(over) {
      for (let n = 1; !over(); n++) {
        await sendOne(`${userId} official ${n}`);
        await sleep(pauseMs);
      }
    },
    close: () => client.close(),
  };
}
