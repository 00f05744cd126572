import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { OutboxStore, StoredSend } from "./outbox-store.ts";

interface Schema extends DBSchema {
  outbox: { key: string; value: StoredSend; indexes: { userId: string } };
}

/** Unsent messages in the browser's IndexedDB: they survive a reload, a crash and a restart of the machine. */
export function createIndexedDbStore(name = "parloir"): OutboxStore {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;

  function database(): Promise<IDBPDatabase<Schema>> {
    opening ??= openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore("outbox", { keyPath: "clientMessageId" }).createIndex("userId", "userId");
      },
      blocking(_present, _wanted, event) {
        (event.target as IDBDatabase).close();
        opening = undefined;
      },
      terminated: () => {
        opening = undefined;
      },
    }).catch((error: unknown) => {
      opening = undefined; // The next call tries again: quota and private modes can change.
      throw error;
    });
    return opening;
  }

  return {
    load: async (userId) => (await database()).getAllFromIndex("outbox", "userId", userId),
    put: async (send) => {
      await (await database()).put("outbox", send);
    },
    remove: async (clientMessageId) => {
      await (await database()).delete("outbox", clientMessageId);
    },
    close: () => {
      opening?.then(
        (db) => db.close(),
        () => undefined,
      );
    },
  };
}

export function hasIndexedDb(): boolean {
  return typeof indexedDB !== "undefined";
}
