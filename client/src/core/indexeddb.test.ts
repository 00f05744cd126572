import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { createIndexedDbStore } from "./indexeddb.ts";
import type { StoredSend } from "./outbox-store.ts";

function send(id: string, changes: Partial<StoredSend> = {}): StoredSend {
  return {
    clientMessageId: id,
    userId: "ana",
    conversationId: "c",
    content: id,
    createdAt: "2030-01-01T00:00:00Z",
    order: 1,
    failure: null,
    owner: "tab",
    ...changes,
  };
}

test("what one page put is there for the next, each person's own", async () => {
  const first = createIndexedDbStore("survives");
  await first.put(send("1"));
  await first.put(send("2", { userId: "bob" }));
  await first.put(send("1", { content: "changed" }));
  first.close();

  const second = createIndexedDbStore("survives");
  expect(await second.load("ana")).toEqual([send("1", { content: "changed" })]);
  await second.remove("1");
  await second.remove("1");
  expect(await second.load("ana")).toEqual([]);
  expect(await second.load("bob")).toHaveLength(1);
});

test("a database that somebody else deletes or upgrades is opened again", async () => {
  const store = createIndexedDbStore("deleted");
  await store.put(send("1"));
  await new Promise((done) => {
    indexedDB.deleteDatabase("deleted").onsuccess = done;
  });
  await store.put(send("2"));
  expect(await store.load("ana")).toEqual([send("2")]);
  store.close();
});
