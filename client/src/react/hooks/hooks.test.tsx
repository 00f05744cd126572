// @vitest-environment happy-dom
import { CodedError } from "@parloir/contracts/errors.ts";
import { act } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { conversationId } from "../../core/scripted-cluster.ts";
import { mount, probe } from "./stage.tsx";
import { useChannel } from "./use-channel.ts";
import { useChat } from "./use-chat.ts";
import { useChatMessages } from "./use-chat-messages.ts";
import { useConversations, useUnread } from "./use-conversations.ts";
import { useMessages } from "./use-messages.ts";
import { useNotifications } from "./use-notifications.ts";
import { usePresence } from "./use-presence.ts";
import { useSocket } from "./use-socket.ts";
import { useTyping } from "./use-typing.ts";

type Page = Awaited<ReturnType<typeof mount>>;
let page: Page;
afterEach(() => page.end());

const until = (check: () => void) => act(() => vi.waitFor(check, { timeout: 20_000 }));
const contents = (messages: readonly { content: string }[]) => messages.map(({ content }) => content);
const push = (content: string) =>
  act(async () => page.link.push({ event: "new_message", payload: page.cluster.write("bob", content) }));

test("useMessages is a messenger: the list, the selected thread, sending, reading", async () => {
  const { seen, element } = probe(useMessages);
  page = await mount(element, { history: 2 });
  await until(() => expect(seen.now.conversations).toHaveLength(1));
  expect(seen.now).toMatchObject({ unreadTotal: 2, isConnected: true, currentUserId: "ana" });
  expect(seen.now.getOtherParticipant(seen.now.conversations[0]!)?.userId).toBe("bob");

  await act(async () => seen.now.selectConversation(conversationId));
  await until(() => expect(contents(seen.now.messages)).toEqual(["old 1", "old 2"]));
  expect(seen.now.selectedConversation?.id).toBe(conversationId);
  await until(() => expect(seen.now.unreadTotal).toBe(0));
  await act(async () => seen.now.sendMessage("hello"));
  await until(() => expect(contents(seen.now.messages)).toEqual(["old 1", "old 2", "hello"]));
  expect(seen.now.pending).toEqual([]);
});

test("ack and push of an own message race: it is there once whichever comes first", async () => {
  const { seen, element } = probe(() => useChatMessages(conversationId));
  page = await mount(element);
  await until(() => expect(seen.now.isLoading).toBe(false));
  // The push overtakes the ack of the first; the ack alone brings the second until its push comes late.
  page.link.before = (command) => {
    if (command !== "send_message") return;
    page.link.before = () => undefined;
    const { clientMessageId } = seen.now.pending[0]!;
    page.link.push({ event: "new_message", payload: page.cluster.write("ana", "first", clientMessageId) });
  };
  await act(async () => seen.now.sendMessage("first"));
  await act(async () => seen.now.sendMessage("second"));
  await until(() => expect(contents(seen.now.messages)).toEqual(["first", "second"]));
  await act(async () => page.link.push({ event: "new_message", payload: page.cluster.messages[1]! }));
  expect(contents(seen.now.messages)).toEqual(["first", "second"]);
  expect(seen.now.pending).toEqual([]);
});

test("a refused message stays, with its retry", async () => {
  const { seen, element } = probe(() => useChatMessages(conversationId));
  page = await mount(element);
  await until(() => expect(seen.now.isLoading).toBe(false));
  page.link.before = (command) => {
    if (command === "send_message") throw new CodedError("FORBIDDEN", "blocked");
  };
  await act(async () => seen.now.sendMessage("not yet"));
  await until(() =>
    expect(seen.now.pending[0]).toMatchObject({ state: "failed", failure: { code: "FORBIDDEN" } }),
  );
  page.link.before = () => undefined;
  await act(async () => seen.now.retry(seen.now.pending[0]!.clientMessageId));
  await until(() => expect(contents(seen.now.messages)).toEqual(["not yet"]));
  expect(seen.now.pending).toEqual([]);
});

test("older pages come on demand, an edit finds its page, and an absence is made up for", async () => {
  const { seen, element } = probe(() => useChatMessages(conversationId));
  page = await mount(element, { history: 120 });
  await until(() => expect(seen.now.messages).toHaveLength(50));
  expect(seen.now.hasOlder).toBe(true);
  await act(async () => void (await seen.now.loadOlder()));
  await act(async () => void (await seen.now.loadOlder()));
  await until(() => expect([seen.now.messages.length, seen.now.hasOlder]).toEqual([120, false]));
  await act(async () =>
    page.link.push({ event: "message_updated", payload: page.cluster.edit(3, "edited") }),
  );
  await until(() => expect(seen.now.messages[2]?.content).toBe("edited"));

  await act(async () => page.link.down());
  page.cluster.write("bob", "missed");
  page.cluster.edit(60, "edited meanwhile");
  await act(async () => page.link.up());
  await until(() => expect(seen.now.messages).toHaveLength(121));
  await until(() => expect(seen.now.messages[59]?.content).toBe("edited meanwhile"));
  expect(seen.now.messages.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 121 }, (_, index) => index + 1),
  );
});

test("without a conversation nothing is asked for, at no connection, and nothing can be sent", async () => {
  const { seen, element } = probe(() => useChatMessages(null));
  page = await mount(element, { history: 1 });
  await act(async () => page.link.down());
  await act(async () => page.link.up());
  await until(() => expect(page.client.conversations.getSnapshot().status).toBe("ready"));
  expect(seen.now).toMatchObject({ messages: [], pending: [], isLoading: false, error: null });
  expect(page.cluster.requests).not.toContain("GET /api/messages");
  expect(() => seen.now.sendMessage("to nobody")).toThrow(CodedError);
  expect(page.client.pending.getSnapshot()).toEqual([]);
});

test("useChat finds the conversation and has it open while it is mounted", async () => {
  const { seen, element } = probe(() => useChat({ kind: "direct", recipientId: "bob" }));
  page = await mount(element, { history: 1 });
  await until(() => expect(contents(seen.now.messages)).toEqual(["old 1"]));
  expect(seen.now.conversationId).toBe(conversationId);
  expect(page.client.viewing.getSnapshot().conversationId).toBe(conversationId);
  await until(() => expect(seen.now.conversation?.unreadCount).toBe(0));
});

test("the counts follow by themselves, of all conversations and of one", async () => {
  const { seen, element } = probe(() => [
    useUnread(),
    useUnread(conversationId),
    useConversations().isLoading,
  ]);
  page = await mount(element, { history: 1 });
  await until(() => expect(seen.now).toEqual([1, 1, false]));
  await push("another");
  await until(() => expect(seen.now).toEqual([2, 2, false]));
});

test("the bell has new lines at once, and loses its count with the reading", async () => {
  const { seen, element } = probe(useNotifications);
  page = await mount(element, { history: 1 });
  await until(() => expect(seen.now.isLoading).toBe(false));
  const createdAt = "2030-01-01T00:00:00.000Z";
  const line = {
    id: "n1",
    type: "message",
    conversationId,
    seq: 1,
    title: "Bob",
    message: "Hi",
    count: 1,
  } as const;
  const notification = { ...line, createdAt, readAt: null };
  page.cluster.lines.push(notification);
  await act(async () => page.link.push({ event: "notification", payload: notification }));
  await until(() => expect([seen.now.unread, seen.now.notifications[0]?.title]).toEqual([1, "Bob"]));
  await act(async () => seen.now.markRead(["n1"]));
  await until(() =>
    expect([seen.now.unread, seen.now.notifications[0]?.readAt]).toEqual([0, expect.any(String)]),
  );
});

test("presence, typing, channels and the connection are told as they change", async () => {
  const heard: unknown[] = [];
  const { seen, element } = probe(() => ({
    presence: usePresence(["bob"]),
    typing: useTyping(conversationId).typing,
    channel: useChannel("ticket:7", (news) => heard.push(news)),
    isConnected: useSocket().isConnected,
  }));
  page = await mount(element);
  await until(() => expect(seen.now.presence.bob?.status).toBe("online"));
  await act(async () =>
    page.link.push({ event: "user_typing", payload: { conversationId, userId: "bob", isTyping: true } }),
  );
  expect(seen.now.typing).toEqual(["bob"]);
  const event = { channel: "ticket:7", event: "ticket-updated", payload: { ticketId: "7" }, cursor: 1 };
  await act(async () => page.link.push({ event: "channel_event", payload: event }));
  expect(heard).toEqual([{ kind: "event", event }]);
  await act(async () => page.link.push({ event: "channel_removed", payload: { channel: "ticket:7" } }));
  expect(seen.now.channel.refused).toBe(true);
  await act(async () => page.link.down());
  expect(seen.now).toMatchObject({ isConnected: false, presence: {} });
});
