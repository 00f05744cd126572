import type { Conversation } from "@parloir/contracts/shapes.ts";
import { expect, test, vi } from "vitest";
import { createConversations } from "./conversations.ts";
import type { Rest } from "./rest.ts";

const conversation = (n: number): Conversation => ({
  id: `c${n}`,
  kind: "direct",
  subject: null,
  status: "open",
  assigneeId: null,
  participants: [],
  lastSeq: 1,
  lastChange: 1,
  lastMessage: null,
  cycle: 1,
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: `2030-01-01T00:00:${String(n).padStart(2, "0")}.000Z`,
  lastReadSeq: 1,
  unreadCount: 0,
  archived: false,
  mutedUntil: null,
});

/** A server with this list, whose answers are as old as `hold` is long. */
function listOver(server: Conversation[]) {
  const world = { server, hold: Promise.resolve() as Promise<unknown> };
  const rest = (async (_method: string, path: string) => {
    const { pathname } = new URL(path, "http://cluster.test");
    if (pathname === "/api/messages/unread") return { total: 0, conversations: {} };
    const one = world.server.find(({ id }) => pathname.endsWith(`/${id}`));
    if (one) return { ...one, messages: [] };
    const items = world.server.toReversed();
    await world.hold;
    return { items, nextCursor: null };
  }) as Rest;
  const conversations = createConversations({ rest, me: () => "ana" });
  const ids = () => conversations.state.getSnapshot().items.map(({ id }) => id);
  return { world, conversations, ids };
}

test("one that began while the list was read stays, though the answer lacks it", async () => {
  const { world, conversations, ids } = listOver([conversation(1)]);
  await conversations.refresh();
  let answer = () => undefined as unknown;
  world.hold = new Promise((resolve) => {
    answer = () => resolve(undefined);
  });
  const reading = conversations.refresh();
  world.server = [...world.server, conversation(2)];
  conversations.refreshOne("c2");
  await vi.waitFor(() => expect(ids()).toEqual(["c2", "c1"]));
  answer();
  await reading;
  expect(ids()).toEqual(["c2", "c1"]);
  // What the server does not have any more goes with the next reading.
  world.server = [conversation(2)];
  await conversations.refresh();
  expect(ids()).toEqual(["c2"]);
});
