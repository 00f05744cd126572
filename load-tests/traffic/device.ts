import type { Clock, Session, SessionEvents } from "../framing/session.ts";
import { createCursor } from "./cursor.ts";
import { createOutbox } from "./outbox.ts";

/** One connected person as a good client behaves: comes back by itself, catches up, sends again what was not acked. */

export interface Message {
  conversationId: string;
  seq: number;
  senderId: string;
  content: string;
}

interface Ready {
  epoch: string;
  conversations: { id: string; lastSeq: number }[];
}

type Tips = Record<string, number>;

/** Everything that a run counts. Times in milliseconds. */
export interface Observer {
  /** From wanting to connect to `ready`. */
  connected: (ms: number) => void;
  /** From losing the connection to having caught up on another one. */
  returned: (ms: number) => void;
  connectFailed: (reason: string) => void;
  /** From when the send was due to its ack. */
  acked: (ms: number, content: string) => void;
  /** For good. */
  sendFailed: (reason: string) => void;
  received: (message: Message, by: "push" | "sync") => void;
  /** Came although an earlier one of its conversation had not, or twice. */
  misordered: () => void;
  /** Were in a conversation and had not come in the end, as far as the device learned. */
  missing: (count: number) => void;
  /** In the end not connected, or never told what there is: it knows less than it should, nobody knows how much. */
  absent: () => void;
}

export interface DeviceOptions {
  userId: string;
  /** Opens a connection of whatever kind. */
  open: (events: SessionEvents) => Session;
  clock: Clock;
  random: () => number;
  observer: Observer;
}

export interface Device {
  userId: string;
  /** Resolves with the first `ready`; false when that did not come within `patienceMs`. */
  come: (patienceMs: number) => Promise<boolean>;
  send: (conversationId: string, clientMessageId: string, content: string, dueAt: number) => void;
  call: Session["call"];
  /** Cuts the connection as a network does; the device comes back after up to `spreadMs`. */
  cut: (spreadMs: number) => void;
  /** Resolves when every send has ended and nothing is missing, or after `patienceMs`. */
  settle: (patienceMs: number) => Promise<void>;
  leave: () => void;
  isReady: () => boolean;
}

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
const repeatMs = 1_000;
/** As often as the cluster lets one person ask (LIMIT_HEARTBEATS_PER_SECOND). */
const checkMs = 1_000;

export function createDevice(options: DeviceOptions): Device {
  const { clock, observer, random, userId } = options;
  const cursor = createCursor({
    received: (message, by) => observer.received(message, by),
    misordered: () => observer.misordered(),
  });
  const outbox = createOutbox({
    clock,
    session: () => (ready ? session : null),
    acked: (ms, content) => observer.acked(ms, content),
    failed: (reason) => observer.sendFailed(reason),
  });
  const arrivals = new Set<() => void>();
  let session: Session | null = null;
  let ready = false;
  let known = false;
  let over = false;
  let failures = 0;
  let wantedAt = 0;
  let lostAt: number | null = null;
  let callOff = (): void => undefined;

  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  function connect(): void {
    if (over) return;
    wantedAt = clock.now();
    session = null;
    // A socket is in its rooms before it is told `ready`: what is pushed then does not follow what was had before.
    if (known) cursor.hold();
    const mine: { current: Session | null } = { current: null };
    session = mine.current = options.open({
      event: (name, payload) => {
        if (session === mine.current) heard(name, payload);
      },
      lost: (reason, refusal) => {
        if (session !== mine.current || over) return;
        const wasReady = ready;
        ready = false;
        if (wasReady) lostAt ??= clock.now();
        else observer.connectFailed(refusal?.data?.code ?? reason);
        comeBack(refusal?.data?.retryAfterMs);
      },
    });
  }

  function comeBack(afterMs?: number): void {
    const longest = Math.min(firstBackoffMs * 2 ** failures, longestBackoffMs);
    failures += 1;
    callOff = clock.after((afterMs ?? 0) + random() * longest, connect);
  }

  function heard(name: string, payload: unknown): void {
    if (name === "new_message") cursor.pushed(payload as Message);
    else if (name === "ready") void onReady(payload as Ready);
    else if (name === "resync") void catchUp();
    else if (name === "server_draining") {
      const { reconnectInMs } = payload as { reconnectInMs: number };
      clock.after(reconnectInMs, () => move());
    }
  }

  /** What is on its way is answered before a draining gateway closes; what is not, is sent again. */
  function move(): void {
    if (over || !ready) return;
    lostAt ??= clock.now();
    drop();
    connect();
  }

  function drop(): void {
    const old = session;
    ready = false;
    session = null;
    old?.leave();
  }

  async function onReady({ conversations }: Ready): Promise<void> {
    observer.connected(clock.now() - wantedAt);
    failures = 0;
    if (!known) for (const { id, lastSeq } of conversations) cursor.begin(id, lastSeq);
    else if (!(await catchUp())) return;
    known = true;
    ready = true;
    if (lostAt !== null) observer.returned(clock.now() - lostAt);
    lostAt = null;
    for (const arrived of arrivals) arrived();
    arrivals.clear();
    outbox.again();
  }

  /** Asks until it has everything up to the heads. False when the connection ended meanwhile. */
  async function catchUp(): Promise<boolean> {
    const mine = session;
    cursor.hold();
    for (;;) {
      const cursors = cursor.heads();
      if (Object.keys(cursors).length === 0) break;
      const ack = await mine?.call("sync", { cursors });
      if (session !== mine || !ack) return false;
      if (!ack.ok) {
        await pause(ack.error.retryAfterMs ?? repeatMs);
        continue;
      }
      if (cursor.synced(ack.data as Parameters<typeof cursor.synced>[0])) break;
    }
    cursor.release();
    return true;
  }

  const isReady = () => ready;

  return {
    userId,
    isReady,
    come(patienceMs) {
      return new Promise((resolve) => {
        const giveUp = clock.after(patienceMs, () => {
          arrivals.delete(arrived);
          observer.connectFailed("NOT_READY");
          resolve(false);
        });
        const arrived = () => {
          giveUp();
          resolve(true);
        };
        arrivals.add(arrived);
        connect();
      });
    },
    send(conversationId, clientMessageId, content, dueAt) {
      outbox.send({ conversationId, clientMessageId, content, dueAt });
    },
    call: (event, payload, timeoutMs) => session?.call(event, payload, timeoutMs) ?? Promise.resolve(null),
    cut(spreadMs) {
      lostAt ??= clock.now();
      drop();
      callOff();
      callOff = clock.after(random() * spreadMs, connect);
    },
    async settle(patienceMs) {
      const until = clock.now() + patienceMs;
      let tips: Tips | null = null;
      for (;;) {
        const now = await tipsNow();
        tips = now ?? tips;
        const isComplete = now !== null && cursor.behind(now) === 0;
        if ((isComplete && outbox.isEmpty()) || clock.now() >= until) break;
        await pause(checkMs);
      }
      outbox.giveUp();
      if (tips !== null) observer.missing(cursor.behind(tips));
      if (tips === null || !ready) observer.absent();
    },
    leave() {
      over = true;
      // k6 ends no iteration while a timer waits.
      callOff();
      drop();
    },
  };

  /** The heads that the server knows; null without a connection, or when it does not say. */
  async function tipsNow(): Promise<Tips | null> {
    const ack = ready ? await session?.call("heartbeat", {}) : null;
    return ack?.ok ? (ack.data as { tips: Tips }).tips : null;
  }
}
