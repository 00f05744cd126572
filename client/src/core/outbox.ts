import type { SendMessagePayload } from "@parloir/contracts/commands.ts";
import { errorCodes, isErrorCode } from "@parloir/contracts/errors.ts";
import type { SendReceipt } from "@parloir/contracts/events.ts";
import { retryDelay } from "./backoff.ts";
import { createId as randomId } from "./ids.ts";
import { asCodedError } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";
import type { OutboxStore, StoredSend } from "./outbox-store.ts";

/** A message of one's own that the server has not confirmed. */
export type Pending = StoredSend & { state: "sending" | "failed" };

/** What a person writes. With attachments it may have no words. */
export type OutboxMessage = Pick<StoredSend, "conversationId" | "content" | "replyToSeq" | "attachments">;

export interface Outbox {
  /** All that is unconfirmed, in the order of writing. */
  readonly pending: Observable<readonly Pending[]>;
  add(message: OutboxMessage): Pending;
  /** Tries a failed one again, as the newest of its conversation. */
  retry(clientMessageId: string): void;
  /** Forgets a failed one. */
  discard(clientMessageId: string): void;
  /** A push, page or sync showed that these are stored, whatever their ack says. */
  confirm(clientMessageIds: readonly string[]): void;
  /** The way is open again: waits end, everything unsent goes, in order. */
  resume(): void;
  /** Takes over what earlier pages or closed tabs left. */
  adopt(isAbandoned?: (owner: string) => boolean): Promise<void>;
  close(): void;
}

interface OutboxOptions {
  /** Known once there is a token. */
  userId: () => Promise<string>;
  /** This tab's name in the store. */
  owner: string;
  store: OutboxStore;
  deliver: (payload: SendMessagePayload) => Promise<SendReceipt>;
  isOnline: () => boolean;
  /** Called before the message leaves `pending`, so that a list never misses it. */
  onSent: (sent: Pending, receipt: SendReceipt) => void;
  /** The server does not take our token any more. */
  renewToken: () => Promise<unknown>;
  random?: () => number;
  createId?: () => string;
}

/** Longer than a disk that is merely slow. */
const storePatienceMs = 3_000;

/**
 * Sends each message until the server says yes or no, always with the same clientMessageId.
 *
 * One send per conversation is under way at a time. Several at once were rejected: when the first of them fails for
 * a passing reason and the second succeeds, their order is lost for good, and no later care can mend it. It costs a
 * person nothing: at 200 ms a round trip it allows the 5 messages a second that the server allows too. Conversations
 * do not wait for each other.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, random = Math.random, createId = randomId } = options;
  const pending = createCell<readonly Pending[]>([]);
  const busy = new Set<string>();
  const waits = new Map<string, { timer?: ReturnType<typeof setTimeout>; attempts: number }>();
  let lastOrder = 0;
  let closed = false;
  /** Writes to the store happen one after the other: a removal must not overtake its own insertion. */
  let written: Promise<unknown> = Promise.resolve();

  let storeHangs = false;

  /** A store that never answers costs one wait, and then the same as one that fails. */
  async function untilWritten(): Promise<void> {
    if (storeHangs) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        storeHangs = true;
        resolve();
      }, storePatienceMs);
    });
    await Promise.race([written, patience]);
    clearTimeout(timer);
    if (storeHangs)
      void written.then(() => {
        storeHangs = false;
      });
  }

  function persist(write: () => Promise<unknown>): Promise<unknown> {
    // A store that fails costs durability across reloads, not the message: it still goes out from memory.
    written = written.then(write).catch(() => undefined);
    return written;
  }

  const keep = ({ state, ...send }: Pending) =>
    persist(async () =>
      store.put({
        ...send,
        userId: await options.userId(),
        failure: state === "failed" ? send.failure : null,
      }),
    );

  function replace(clientMessageId: string, next: Pending): void {
    pending.update((all) =>
      all
        .map((item) => (item.clientMessageId === clientMessageId ? next : item))
        .sort((a, b) => a.order - b.order),
    );
    keep(next);
  }

  function remove(clientMessageId: string): void {
    const rest = pending.getSnapshot().filter((item) => item.clientMessageId !== clientMessageId);
    if (rest.length === pending.getSnapshot().length) return;
    pending.set(rest);
    persist(() => store.remove(clientMessageId));
  }

  const isPending = (clientMessageId: string) =>
    pending.getSnapshot().some((item) => item.clientMessageId === clientMessageId);

  function pumpAll(): void {
    for (const conversationId of new Set(pending.getSnapshot().map((item) => item.conversationId))) {
      void pump(conversationId);
    }
  }

  async function pump(conversationId: string): Promise<void> {
    while (
      !closed &&
      options.isOnline() &&
      !busy.has(conversationId) &&
      waits.get(conversationId)?.timer === undefined
    ) {
      const next = pending
        .getSnapshot()
        .find((item) => item.conversationId === conversationId && item.state === "sending");
      if (!next) return;
      busy.add(conversationId);
      try {
        await untilWritten();
        if (isPending(next.clientMessageId)) await attempt(next);
      } finally {
        busy.delete(conversationId);
      }
    }
  }

  async function attempt(item: Pending): Promise<void> {
    const { conversationId, clientMessageId, content, replyToSeq, attachments } = item;
    try {
      const receipt = await options.deliver({
        conversationId,
        clientMessageId,
        content,
        ...(replyToSeq === undefined ? {} : { replyToSeq }),
        ...(attachments?.length ? { attachmentIds: attachments.map((file) => file.id) } : {}),
      });
      waits.delete(conversationId);
      options.onSent(item, receipt);
      remove(clientMessageId);
    } catch (thrown) {
      if (!isPending(clientMessageId)) return; // A push confirmed it while the ack was lost.
      const error = asCodedError(thrown);
      if (error.code === "TOKEN_EXPIRED" || error.code === "UNAUTHENTICATED") {
        // The person is still there and wants it sent; only the token is not accepted.
        await options.renewToken().catch(() => undefined);
        hold(conversationId);
      } else if (errorCodes[error.code].retryable) hold(conversationId, error.retryAfterMs);
      else {
        const failure = { code: error.code, message: error.message };
        replace(clientMessageId, { ...item, state: "failed", failure });
      }
    }
  }

  /** Later sends of the conversation wait too: the order is that of writing. */
  function hold(conversationId: string, atLeastMs?: number): void {
    if (closed) return;
    const attempts = waits.get(conversationId)?.attempts ?? 0;
    const timer = setTimeout(
      () => {
        waits.set(conversationId, { attempts: attempts + 1 });
        void pump(conversationId);
      },
      retryDelay(attempts, atLeastMs, random),
    );
    waits.set(conversationId, { timer, attempts });
  }

  function nextOrder(): number {
    lastOrder = Math.max(lastOrder + 1, Date.now());
    return lastOrder;
  }

  return {
    pending,
    add(message) {
      const item: Pending = {
        ...message,
        clientMessageId: createId(),
        userId: "", // Filled in when stored: who this is may not be known before the first token.
        createdAt: new Date().toISOString(),
        order: nextOrder(),
        failure: null,
        owner: options.owner,
        state: "sending",
      };
      pending.update((all) => [...all, item]);
      keep(item);
      void pump(item.conversationId);
      return item;
    },
    retry(clientMessageId) {
      const item = pending.getSnapshot().find((one) => one.clientMessageId === clientMessageId);
      if (item?.state !== "failed") return;
      // A refusal means «not written», so the same id is free to be used again.
      replace(clientMessageId, { ...item, state: "sending", failure: null, order: nextOrder() });
      void pump(item.conversationId);
    },
    discard(clientMessageId) {
      const item = pending.getSnapshot().find((one) => one.clientMessageId === clientMessageId);
      if (item?.state === "failed") remove(clientMessageId);
    },
    confirm(clientMessageIds) {
      if (pending.getSnapshot().length === 0) return;
      for (const clientMessageId of clientMessageIds) remove(clientMessageId);
    },
    resume() {
      for (const { timer } of waits.values()) clearTimeout(timer);
      waits.clear();
      pumpAll();
    },
    async adopt(isAbandoned = () => true) {
      const stored = await store.load(await options.userId()).catch(() => []);
      const mine = stored.filter((send) => !isPending(send.clientMessageId) && isAbandoned(send.owner));
      if (mine.length === 0 || closed) return;
      // A clock that was set back since must not put what is written now before it.
      lastOrder = Math.max(lastOrder, ...mine.map((send) => send.order));
      const items = mine.map(
        (send): Pending => ({
          ...send,
          owner: options.owner,
          state: isErrorCode(send.failure?.code) ? "failed" : "sending",
        }),
      );
      pending.update((all) => [...all, ...items].sort((a, b) => a.order - b.order));
      for (const item of items) keep(item);
      pumpAll();
      await written;
    },
    close() {
      closed = true;
      for (const { timer } of waits.values()) clearTimeout(timer);
      persist(async () => store.close());
    },
  };
}
