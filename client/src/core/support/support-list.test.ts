import type { Conversation, SharedConversation } from "@parloir/contracts/shapes.ts";
import { expect, test, vi } from "vitest";
import { createListeners, type LinkEvent } from "../link.ts";
import type { Rest } from "../rest.ts";
import { createSupportList, fits, type SupportFilter } from "./support-list.ts";

const shared = (n: number, change: Partial<SharedConversation> = {}): SharedConversation => ({
  id: `c${n}`,
  kind: "support",
  subject: { type: "order", id: String(n), title: `Commande n° ${n}` },
  status: "open",
  assigneeId: null,
  participants: [{ userId: "zoe", name: "Zoé Lambert", role: "client", lastReadSeq: 1 }],
  lastSeq: 1,
  lastChange: 1,
  lastMessage: null,
  cycle: 1,
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: `2030-01-01T00:00:${String(n).padStart(2, "0")}.000Z`,
  ...change,
});
const own = (each: SharedConversation): Conversation => ({
  ...each,
  lastReadSeq: 0,
  unreadCount: 0,
  archived: false,
  mutedUntil: null,
});

const open: SupportFilter = { view: "unassigned", status: "open", text: null };

/** A list over these conversations on the server, in pages of `size`. */
function listOf(
  all: SharedConversation[],
  filter = open,
  size = 2,
  held: Promise<unknown> = Promise.resolve(),
) {
  const events = createListeners<LinkEvent>();
  const asked: string[] = [];
  const rest = (async (_method: string, path: string) => {
    asked.push(path);
    const from = Number(new URL(path, "http://x").searchParams.get("cursor") ?? 0);
    const items = all.slice(from, from + size).map(own);
    await held;
    return { items, nextCursor: from + size < all.length ? String(from + size) : null };
  }) as Rest;
  const list = createSupportList({ rest, onEvent: events.listen, me: () => "ana", filter });
  const ids = () => list.state.getSnapshot().items.map(({ id }) => id);
  const tell = (payload: SharedConversation) => events.emit({ event: "conversation_updated", payload });
  return { list, ids, tell, events, asked };
}

test("what is told moves up, comes in and leaves as the filter says", async () => {
  const { list, ids, tell } = listOf([shared(9), shared(8), shared(7)], open, 5);
  await vi.waitFor(() => expect(ids()).toEqual(["c9", "c8", "c7"]));
  tell(shared(7, { updatedAt: "2030-01-01T00:00:20.000Z" }));
  tell(shared(8, { assigneeId: "karim" }));
  tell(shared(21));
  tell(shared(22, { status: "closed" }));
  await vi.waitFor(() => expect(ids()).toEqual(["c21", "c7", "c9"]));
  list.close();
});

test("what is older than all that is loaded waits for its page", async () => {
  const { list, ids, tell } = listOf([shared(9), shared(8), shared(5), shared(4)]);
  await vi.waitFor(() => expect(ids()).toEqual(["c9", "c8"]));
  tell(shared(6));
  tell(shared(10));
  await vi.waitFor(() => expect(ids()).toEqual(["c10", "c9", "c8"]));
  await list.loadMore();
  expect(ids()).toEqual(["c10", "c9", "c8", "c5", "c4"]);
  expect(list.state.getSnapshot().hasMore).toBe(false);
  list.close();
});

test("a new connection reads the list again", async () => {
  const { list, events, asked } = listOf([shared(9)]);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  events.emit({ event: "ready", payload: { userId: "ana", epoch: "1", conversations: [] } });
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  list.close();
});

test.each([
  ["lambert", true],
  ["zoe", true],
  ["COMMANDE", true],
  ["livraison", false],
])("the text «%s» fits: %s", (text, expected) => {
  expect(fits(shared(1), { ...open, text }, "ana")).toBe(expected);
});

test("mine is what I have, and its unread messages are counted from my mark", async () => {
  const mine: SupportFilter = { view: "mine", status: null, text: null };
  const { list, ids, tell } = listOf([], mine);
  await vi.waitFor(() => expect(list.state.getSnapshot().status).toBe("ready"));
  const me = { userId: "ana", name: "Ana", role: "agent", lastReadSeq: 2 } as const;
  tell(shared(1, { assigneeId: "ana", lastSeq: 5, participants: [me] }));
  await vi.waitFor(() => expect(ids()).toEqual(["c1"]));
  expect(list.state.getSnapshot().items[0]).toMatchObject({ unreadCount: 3, lastReadSeq: 2 });
  list.close();
});

test("what the agent reads, here or on another device, is unread no more; a customer's mark is the customer's", async () => {
  const me = { userId: "ana", name: "Ana", role: "agent", lastReadSeq: 2 } as const;
  const zoe = shared(1).participants[0]!;
  const { list, tell, events } = listOf([], { view: "mine", status: null, text: null });
  const first = () => list.state.getSnapshot().items[0];
  await vi.waitFor(() => expect(list.state.getSnapshot().status).toBe("ready"));
  tell(shared(1, { assigneeId: "ana", lastSeq: 5, participants: [zoe, me] }));
  await vi.waitFor(() => expect(first()).toMatchObject({ unreadCount: 3 }));
  const read = (userId: string, seq: number) =>
    events.emit({ event: "messages_read", payload: { conversationId: "c1", userId, seq } });
  read("zoe", 5);
  expect(first()).toMatchObject({ unreadCount: 3, lastReadSeq: 2 });
  expect(first()!.participants[0]).toMatchObject({ userId: "zoe", lastReadSeq: 5 });
  read("ana", 4);
  expect(first()).toMatchObject({ unreadCount: 1, lastReadSeq: 4 });
  read("ana", 3);
  expect(first()).toMatchObject({ unreadCount: 1, lastReadSeq: 4 });
  events.emit({ event: "messages_read", payload: { conversationId: "c9", userId: "ana", seq: 1 } });
  expect(list.state.getSnapshot().items).toHaveLength(1);
  list.close();
});

test("what is told while the list is read is in it, though the answer is older", async () => {
  const server = [shared(9), shared(8)];
  let answer = () => undefined as unknown;
  const held = new Promise((resolve) => {
    answer = () => resolve(undefined);
  });
  const { list, ids, tell, events } = listOf(server, open, 5, held);
  // Before the first answer, and before that of a later read.
  tell(shared(20));
  await new Promise((resolve) => setTimeout(resolve, 500));
  answer();
  await vi.waitFor(() => expect(ids()).toEqual(["c20", "c9", "c8"]));
  events.emit({ event: "resync", payload: { reason: "test" } } as unknown as LinkEvent);
  tell(shared(21));
  await vi.waitFor(() => expect(ids()).toContain("c21"));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(ids()[0]).toBe("c21");
  list.close();
});
