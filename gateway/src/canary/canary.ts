import { randomUUID } from "node:crypto";
import type { Ack, SendReceipt } from "@parloir/contracts/events.ts";
import { canaryIdOf } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { io, type Socket } from "socket.io-client";
import { issueCanaryToken } from "./token.ts";

/**
 * Measures what a person would feel, all the time and also when nobody writes: a message goes from a socket on this
 * gateway through the api and Postgres to a socket on another one. Both sockets are held here, so one clock measures.
 * With every round the other gateway is the next one; a gateway that is alone is its own pair.
 *
 * - `ok`: acked and received. `unacked`, `undelivered`: not within the deadline. `unconnected`: no socket there.
 */
export interface Canary {
  stop: () => void;
}

export type CanaryOutcome = "ok" | "unacked" | "undelivered" | "unconnected";

/** Beyond this a person has looked away. */
const deadlineMs = 5_000;
/** How long a pair stays: then the next gateway is listened to. */
const pairMs = 30_000;
/** How often it is asked for: that empties it of old messages, so what canaries say does not pile up. */
const conversationMs = 3_600_000;

export function startCanary(options: {
  node: string;
  /** Its own public address. */
  address: string;
  secret: string;
  everyMs: number;
  /** Addresses of the other gateways that are there. */
  others: () => Promise<string[]>;
  /** A conversation that only this canary is in. */
  conversation: (userId: string) => Promise<string>;
  log: Log;
  metrics: Metrics;
}): Canary {
  const { node, log, metrics } = options;
  const rounds = metrics.get("parloir_canary_total");
  const ack = metrics.get("parloir_canary_ack_seconds");
  const delivery = metrics.get("parloir_canary_delivery_seconds");
  const sender = connect(options.address);
  let receiver: Socket | undefined;
  let pairedAt = Number.NEGATIVE_INFINITY;
  let turn = 0;
  let place: { id: string; since: number } | undefined;
  let busy = false;
  const timer = setInterval(() => {
    // One at a time: a cluster that is slow is not to get more to do.
    if (busy) return;
    busy = true;
    probe()
      .catch((error: unknown) => {
        log.debug({ err: error }, "the canary could not fly");
        rounds.inc({ outcome: "unconnected" });
      })
      .finally(() => {
        busy = false;
      });
  }, options.everyMs);
  timer.unref();

  function connect(url: string): Socket {
    return io(url, {
      transports: ["websocket"],
      reconnectionDelayMax: 2_000,
      // Its token is short-lived: a new one for every connection.
      auth: (give) => give({ token: issueCanaryToken(options.secret, node) }),
    });
  }

  async function conversation(now: number): Promise<string> {
    if (place && now - place.since < conversationMs) return place.id;
    place = { id: await options.conversation(canaryIdOf(node)), since: now };
    return place.id;
  }

  /** Moves on to the next of the other gateways. */
  async function pair(now: number): Promise<Socket> {
    if (receiver && now - pairedAt < pairMs) return receiver;
    const others = await options.others().catch(() => []);
    const url = others[turn++ % Math.max(1, others.length)] ?? options.address;
    receiver?.close();
    receiver = connect(url);
    pairedAt = now;
    return receiver;
  }

  async function probe(): Promise<void> {
    const now = performance.now();
    const to = await pair(now);
    const conversationId = (await connected(sender)) ? await conversation(now) : null;
    if (conversationId === null || !(await connected(sender)) || !(await connected(to))) {
      rounds.inc({ outcome: "unconnected" });
      pairedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    // Looked at on both ends: nobody is notified, and a conversation that is new to a socket is joined.
    for (const socket of [sender, to])
      await socket.timeout(deadlineMs).emitWithAck("join_conversation", { conversationId });
    rounds.inc({ outcome: await fly(to, conversationId) });
  }

  async function fly(to: Socket, conversationId: string): Promise<CanaryOutcome> {
    const clientMessageId = randomUUID();
    const received = arrival(to, clientMessageId);
    const sentAt = performance.now();
    const since = () => (performance.now() - sentAt) / 1_000;
    const answered = sender
      .timeout(deadlineMs)
      .emitWithAck("send_message", { conversationId, clientMessageId, content: "canary" })
      .then((answer: Ack<SendReceipt>) => {
        if (answer.ok) ack.observe(since());
        return answer.ok;
      })
      .catch(() => false);
    const delivered = received.then((came) => {
      if (came) delivery.observe(since());
      return came;
    });
    if (!(await answered)) {
      // Perhaps the conversation is gone, with a restored database: the next round asks for one.
      place = undefined;
      return "unacked";
    }
    return (await delivered) ? "ok" : "undelivered";
  }

  return {
    stop() {
      clearInterval(timer);
      sender.close();
      receiver?.close();
    },
  };
}

async function connected(socket: Socket): Promise<boolean> {
  if (socket.connected) return true;
  return happens(socket, "connect", () => true);
}

function arrival(socket: Socket, clientMessageId: string): Promise<boolean> {
  return happens(socket, "new_message", (message) => {
    return (message as { clientMessageId?: string }).clientMessageId === clientMessageId;
  });
}

/** Whether an event of this kind comes within the deadline. */
function happens(socket: Socket, event: string, fits: (payload: unknown) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (came: boolean) => {
      clearTimeout(timer);
      socket.off(event, listener);
      resolve(came);
    };
    const listener = (payload: unknown) => {
      if (fits(payload)) settle(true);
    };
    const timer = setTimeout(() => settle(false), deadlineMs);
    timer.unref();
    socket.on(event, listener);
  });
}
