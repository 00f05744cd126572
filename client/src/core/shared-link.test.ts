import { afterEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "./client.ts";
import { NoAnswer } from "./link.ts";
import { createMemoryStore } from "./outbox-store.ts";
import { conversationId, createScriptedCluster, type ScriptedLink } from "./scripted-cluster.ts";
import { createSharedLink, livingTabs } from "./shared-link.ts";

// Real Web Locks and BroadcastChannel: Node has both.
const locks = navigator.locks;
let scopes = 0;
const open: Client[] = [];

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

function createTabs() {
  const cluster = createScriptedCluster();
  cluster.write("bob", "old");
  const links: ScriptedLink[] = [];
  const reconnects: ScriptedLink[] = [];
  const scope = `test${++scopes}`;

  function connect(): ScriptedLink {
    const link = cluster.link();
    links.push(link);
    return { ...link, open: () => setTimeout(link.up, 1), reconnect: () => reconnects.push(link) };
  }

  function tab() {
    const gone = vi.fn();
    const id = `tab${open.length}`;
    const client = createClient({
      url: "http://cluster.test",
      userId: "ana",
      getToken: async () => "token",
      fetch: cluster.fetch,
      store: createMemoryStore(),
      createLink: () => createSharedLink({ scope, tabId: id, locks, createLink: connect, onTabGone: gone }),
    });
    open.push(client);
    client.open(conversationId);
    const contents = () =>
      client
        .thread(conversationId)
        .state.getSnapshot()
        .messages.map((one) => one.content);
    return { id, client, gone, contents };
  }

  return { cluster, links, reconnects, scope, tab };
}

const online = (client: Client) => expect.poll(() => client.connection.getSnapshot().status).toBe("online");

test("two tabs have one connection, and both see and send", async () => {
  const { cluster, links, tab } = createTabs();
  const [first, second] = [tab(), tab()];
  await online(first.client);
  await online(second.client);
  second.client.send({ conversationId, content: "from the second" });
  await expect.poll(second.contents).toEqual(["old", "from the second"]);
  links[0]?.push({ event: "new_message", payload: cluster.write("bob", "to both") });
  await expect.poll(first.contents).toEqual(["old", "from the second", "to both"]);
  await expect.poll(second.contents).toEqual(["old", "from the second", "to both"]);
  expect(links).toHaveLength(1);
});

test("when the connected tab closes, another takes over and completes itself", async () => {
  const { cluster, links, tab } = createTabs();
  const [first, second] = [tab(), tab()];
  await online(second.client);
  await expect.poll(second.contents).toEqual(["old"]);
  first.client.close();
  cluster.write("bob", "in between");
  second.client.send({ conversationId, content: "after" });
  await expect.poll(() => links.length).toBe(2);
  await expect.poll(second.contents).toEqual(["old", "in between", "after"]);
});

test("a room that one tab still shows is not left by the other", async () => {
  const { links, tab } = createTabs();
  const [first, second] = [tab(), tab()];
  await online(second.client);
  const count = (command: string) => links[0]?.commands.filter((one) => one.command === command).length;
  await expect.poll(() => count("join_conversation")).toBeGreaterThanOrEqual(2);
  first.client.open(null);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(count("leave_conversation")).toBe(0);
  second.client.open(null);
  await expect.poll(() => count("leave_conversation")).toBe(1);
});

test("the connected tab learns of one that closed", async () => {
  const { scope, tab } = createTabs();
  const [first, second] = [tab(), tab()];
  await online(second.client);
  expect(await livingTabs(locks, scope)).toEqual(new Set([first.id, second.id]));
  const before = first.gone.mock.calls.length;
  second.client.close();
  await expect.poll(() => first.gone.mock.calls.length).toBe(before + 1);
  expect(await livingTabs(locks, scope)).toEqual(new Set([first.id]));
});

test("a channel that two tabs hear is left when the last of them ends", async () => {
  const { links, tab } = createTabs();
  const tabs = [tab(), tab()];
  for (const { client } of tabs) await online(client);
  const channel = "ticket:7";
  const heard: number[][] = [[], []];
  const ends = tabs.map(({ client }, index) =>
    client.channels.subscribe(channel, (news) => {
      if (news.kind === "event") heard[index]!.push(news.event.cursor);
    }),
  );
  const asked = (command: string) =>
    links.flatMap((link) => link.commands).filter((each) => each.command === command).length;
  await expect.poll(() => asked("subscribe")).toBe(2);
  links[0]!.push({ event: "channel_event", payload: { channel, event: "x", payload: {}, cursor: 1 } });
  await expect.poll(() => heard).toEqual([[1], [1]]);
  ends[0]!();
  links[0]!.push({ event: "channel_event", payload: { channel, event: "x", payload: {}, cursor: 2 } });
  await expect.poll(() => heard).toEqual([[1], [1, 2]]);
  expect(asked("unsubscribe")).toBe(0);
  ends[1]!();
  await expect.poll(() => asked("unsubscribe")).toBe(1);
});

test("another tab's word ends a connection that does not answer, never a good one", async () => {
  const { links, reconnects, tab } = createTabs();
  const [first, second, third] = [tab(), tab(), tab()];
  for (const { client } of [first, second, third]) await online(client);
  const link = links[0]!;
  const asked = () => link.commands.filter(({ command }) => command === "heartbeat").length;
  second.client.reconnect();
  await expect.poll(asked).toBe(1);
  await second.client.request("heartbeat", {});
  expect(reconnects).toEqual([]);
  link.before = (command) => {
    if (command === "heartbeat") throw new NoAnswer("dead");
  };
  second.client.reconnect();
  third.client.reconnect();
  await expect.poll(() => reconnects.length).toBeGreaterThanOrEqual(1);
  link.before = () => undefined;
  const before = reconnects.length;
  link.down();
  await expect.poll(() => second.client.connection.getSnapshot().status).toBe("offline");
  second.client.reconnect();
  await expect.poll(() => reconnects.length).toBe(before + 1);
});
