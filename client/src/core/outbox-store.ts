import type { Attachment } from "@parloir/contracts/shapes.ts";

/** A send that has not been confirmed, as it survives a reload. */
export interface StoredSend {
  clientMessageId: string;
  userId: string;
  conversationId: string;
  content: string;
  replyToSeq?: number;
  /** Uploaded already. */
  attachments?: readonly Attachment[];
  /** ISO 8601, when it was written. */
  createdAt: string;
  /** Rises with every send: the order in which they were written. */
  order: number;
  /** Set when the server refused it for good; it waits for the person's decision. */
  failure: { code: string; message: string } | null;
  /** The tab that tries it. Others leave it alone while that tab lives. */
  owner: string;
}

/** Where unsent messages wait. Every method may be called again with the same argument. */
export interface OutboxStore {
  load(userId: string): Promise<StoredSend[]>;
  put(send: StoredSend): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
  close(): void;
}

/** For Node, tests, and browsers that refuse IndexedDB (some private modes). It survives nothing. */
export function createMemoryStore(): OutboxStore {
  const sends = new Map<string, StoredSend>();
  return {
    load: async (userId) => [...sends.values()].filter((send) => send.userId === userId),
    put: async (send) => {
      sends.set(send.clientMessageId, send);
    },
    remove: async (clientMessageId) => {
      sends.delete(clientMessageId);
    },
    close: () => sends.clear(),
  };
}
