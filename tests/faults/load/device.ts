import type { SendReceipt, SyncAnswer } from "@parloir/contracts/events.ts";
import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { History, Send, Shown, SocketLog } from "../history.ts";
import type { Random } from "../random.ts";
import { backoffMs } from "./backoff.ts";
import { type CatchUp, createCatchUp } from "./catch-up.ts";
import { type Connection, connect, type Outcome } from "./connection.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/**
 * One device of one person, as a correct client behaves: it keeps every message until it is answered, comes back for
 * ever, syncs from its cursors, notices holes and late heads, and obeys `resync` and `server_draining`.
 */
export interface Device {
  readonly id: number;
  readonly userId: string;
  /** Runs the product's own client (product-device.ts) instead of this file's. */
  readonly isProduct: boolean;
  readonly outbox: Outbox;
  readonly timelines: ReadonlyMap<string, Timeline>;
  isReady: () => boolean;
  /** How its last connection ended, in words. */
  lastEnd: () => string;
  /** Fetches what a person would have to scroll back for. */
  showAll: () => Promise<void>;
  request: <Data>(event: string, payload: object, timeoutMs: number) => Promise<Outcome<Data>>;
  stop: () => void;
}

export interface DeviceOptions {
  id: number;
  userId: string;
  token: string;
  /** Where to dial: a balancer, a gateway or a proxy. */
  url: string;
  conversationIds: string[];
  history: History;
  random: Random;
  now: () => number;
  intern: (message: Message) => Shown;
  readHistory: (token: string, conversationId: string, after: number, limit: number) => Promise<HistoryPage>;
  onAcked: (send: Send, receipt: SendReceipt) => void;
}

const heartbeatMs = 10_000;
/** A gateway that does not answer this one in time is frozen or cut off. */
const heartbeatTimeoutMs = 6_000;

interface ReadyPayload {
  nodeId: string;
  epoch: string;
  conversations: { id: string; lastSeq: number; lastReadSeq: number }[];
}

interface EventFields {
  conversationId?: string;
  seq?: number;
  change?: number;
  id?: string;
  reconnectInMs?: number;
}

export function startDevice(options: DeviceOptions): Device {
  const { history, now, random } = options;
  const timelines = new Map(options.conversationIds.map((id) => [id, createTimeline(options.intern, now)]));
  const jitter = () => random.next();
  let connection: Connection | null = null;
  let log = openLog(options);
  let isReady = false;
  let failures = 0;
  let stopped = false;
  let retryAfterMs = 0;
  let lastEnd = "never connected";
  let timer: NodeJS.Timeout | undefined;

  const request = <Data>(event: string, payload: object, timeoutMs: number): Promise<Outcome<Data>> =>
    connection?.request<Data>(event, payload, timeoutMs) ??
    Promise.resolve({ kind: "unknown", code: "closed", retryAfterMs: 0 });
  const outbox = createOutbox({
    now,
    random: jitter,
    socket: () => log.id,
    request: (payload, timeoutMs) => request<SendReceipt>("send_message", payload, timeoutMs),
    onAcked: options.onAcked,
    onTimeout: () => void beat(),
  });
  const catchUp: CatchUp = createCatchUp({
    now,
    random: jitter,
    socket: () => log.id,
    timeline: (id) => timelines.get(id)!,
    request: (payload, timeoutMs) => request<SyncAnswer>("sync", payload, timeoutMs),
    history: (id, after, limit) => options.readHistory(options.token, id, after, limit),
    log: (sync) => history.syncs.push(sync),
  });
  const beats = setInterval(() => void beat(), heartbeatMs * random.between(0.9, 1.1));

  function dial(): void {
    if (stopped) return;
    log = openLog(options);
    history.sockets.push(log);
    const opened = log;
    connection = connect(options.url, options.token, {
      onEvent: (name, payload) => receive(opened, name, payload),
      onRefused(code, hint) {
        history.refusals.push({ at: now(), device: options.id, code });
        retryAfterMs = hint;
      },
      onClosed(why) {
        lastEnd = why;
        opened.closedAt = now();
        if (opened === log) redial();
      },
    });
  }

  function redial(): void {
    goOffline();
    timer = setTimeout(dial, Math.max(retryAfterMs, backoffMs(failures++, jitter)));
    retryAfterMs = 0;
  }

  function goOffline(): void {
    connection = null;
    isReady = false;
    outbox.online(false);
    catchUp.online(false);
  }

  function receive(socket: SocketLog, event: string, payload: unknown): void {
    const fields = payload as EventFields;
    if (event === "ready") opened(socket, payload as ReadyPayload);
    if (event === "server_draining") setTimeout(() => void move(socket), fields.reconnectInMs);
    if (event === "resync") catchUp.reload(timelines.keys());
    if (event !== "resync" && fields.conversationId == null) return;
    const { conversationId = "", seq = 0, change = 0, id = "" } = fields;
    socket.heard.push({ at: now(), event, conversationId, seq, change, id });
    if (event === "new_message" || event === "message_updated") merge(payload as Message);
  }

  function merge(message: Message): void {
    const timeline = timelines.get(message.conversationId);
    if (!timeline) return; // not ours: the checker has it in `heard`
    timeline.merge(message);
    if (timeline.hasHole()) catchUp.want([message.conversationId]);
  }

  function opened(socket: SocketLog, ready: ReadyPayload): void {
    socket.readyAt = now();
    socket.node = ready.nodeId;
    socket.epoch = ready.epoch;
    socket.heads = ready.conversations.map(({ id, lastSeq, lastReadSeq }) => {
      return { conversationId: id, lastSeq, lastReadSeq };
    });
    failures = 0;
    isReady = true;
    catchUp.online(true, ready.epoch);
    catchUp.want(timelines.keys());
    outbox.online(true);
  }

  /** The gateway asks us to leave: what is under way is answered first. */
  async function move(socket: SocketLog): Promise<void> {
    if (socket !== log || stopped) return;
    await outbox.pause();
    if (socket === log) connection?.close();
  }

  async function beat(): Promise<void> {
    const asked = connection;
    if (!asked || !isReady) return;
    type Tips = { tips: Record<string, number> };
    const outcome = await asked.request<Tips>("heartbeat", {}, heartbeatTimeoutMs);
    if (asked !== connection || !isReady) return;
    if (outcome.kind !== "ok") return asked.close();
    const behind = Object.entries(outcome.data.tips).filter(
      ([id, head]) => head > (timelines.get(id)?.position() ?? Number.POSITIVE_INFINITY),
    );
    if (behind.length > 0) catchUp.want(behind.map(([id]) => id));
  }

  dial();
  return {
    id: options.id,
    userId: options.userId,
    isProduct: false,
    outbox,
    timelines,
    isReady: () => isReady,
    lastEnd: () => lastEnd,
    showAll: async () => undefined,
    request,
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(beats);
      outbox.stop();
      catchUp.stop();
      connection?.close();
    },
  };
}

function openLog({ id, userId, history, now }: DeviceOptions): SocketLog {
  return {
    id: history.sockets.length,
    device: id,
    userId,
    node: "",
    epoch: "",
    startedAt: now(),
    readyAt: Number.NaN,
    closedAt: Number.NaN,
    heads: [],
    heard: [],
  };
}
