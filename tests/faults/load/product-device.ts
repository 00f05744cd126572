import { type Client, createClient } from "@parloir/client/core/client.ts";
import { createPollingFallback } from "@parloir/client/core/polling.ts";
import { createSocketLink } from "@parloir/client/core/socket.ts";
import type { Thread } from "@parloir/client/core/thread.ts";
import { sleep } from "../cluster/process.ts";
import type { Send, Shown } from "../history.ts";
import type { Device, DeviceOptions } from "./device.ts";
import type { Outbox } from "./outbox.ts";
import { recordLink } from "./recorded-link.ts";
import type { Timeline } from "./timeline.ts";

const mostInVain = 40;
const inVainMs = 50;

/** A device that runs the product's own client, with its outbox, its sync and its waits of up to 30 s. */
export function startProductDevice(options: DeviceOptions): Device {
  const { id, userId, token, url, history, now } = options;
  const sends = new Map<string, Send>();
  const client = createClient({
    url,
    userId,
    getToken: async () => token,
    shareTabs: false,
    createLink({ rest, tokens }) {
      const socket = createSocketLink({ url, tokens, transports: ["websocket"] });
      const link = createPollingFallback({ socket, rest });
      const find = (clientMessageId: string) => sends.get(clientMessageId);
      return recordLink(link, { device: id, userId, history, now, find, onAcked: options.onAcked });
    },
  });
  client.connection.subscribe(() => {
    const { error, status } = client.connection.getSnapshot();
    if (error && status === "offline") history.refusals.push({ at: now(), device: id, code: error });
  });
  const timelines = new Map(
    options.conversationIds.map((each) => [each, timelineOf(client.thread(each), options)]),
  );
  for (const each of options.conversationIds) client.thread(each).load();

  return {
    id,
    userId,
    isProduct: true,
    outbox: outboxOf(client, sends),
    timelines,
    isReady: () => client.connection.getSnapshot().status === "online",
    lastEnd: () => client.connection.getSnapshot().error ?? "no error",
    // Marks and the like are the page's to send: the raw devices do that part.
    request: async () => ({ kind: "unknown", code: "closed", retryAfterMs: 0 }),
    async showAll() {
      for (const each of options.conversationIds) {
        await loadAll(client.thread(each));
      }
      for (const send of sends.values()) if (isShown(send, timelines)) send.isShown = true;
    },
    stop: () => client.close(),
  };
}

/** A page that failed is asked for again; one that brings nothing older ends it, as where a planted bug left holes. */
async function loadAll(thread: Thread): Promise<void> {
  const oldest = () => thread.state.getSnapshot().messages[0]?.seq;
  for (let inVain = 0; thread.state.getSnapshot().hasOlder && inVain < mostInVain; ) {
    const before = oldest();
    await thread.loadOlder();
    if (oldest() !== before) inVain = 0;
    else {
      inVain += 1;
      await sleep(inVainMs);
    }
  }
}

function isShown(send: Send, timelines: Map<string, Timeline>): boolean {
  return (
    timelines
      .get(send.conversationId)
      ?.messages.some(({ clientMessageId }) => clientMessageId === send.clientMessageId) ?? false
  );
}

function outboxOf(client: Client, sends: Map<string, Send>): Outbox {
  return {
    add(send) {
      client.send({ conversationId: send.conversationId, content: send.content });
      // The client chose the id.
      const pending = client.pending.getSnapshot().find((each) => each.content === send.content);
      if (!pending) throw new Error("the client forgot a message at once");
      send.clientMessageId = pending.clientMessageId;
      sends.set(send.clientMessageId, send);
    },
    oldest() {
      const waiting = client.pending.getSnapshot();
      return waiting.length === 0 ? Number.POSITIVE_INFINITY : Date.parse(waiting[0]!.createdAt);
    },
    trouble: () => `${client.pending.getSnapshot().length} wait in the product's client`,
    online: () => undefined,
    repeat: () => undefined,
    pause: async () => undefined,
    stop: () => undefined,
  };
}

/** A thread of the client as the run looks at it: what is visible, and when it became so. */
function timelineOf(thread: Thread, { intern, now }: DeviceOptions): Timeline {
  const shownAt: number[] = [];
  const { state } = thread;
  state.subscribe(() => {
    const { messages } = state.getSnapshot();
    for (let index = messages.length - 1; index >= 0; index--) {
      const at = messages[index]!.seq - 1;
      if (shownAt[at] !== undefined) break;
      shownAt[at] = now();
    }
  });
  return {
    get messages(): readonly Shown[] {
      return state.getSnapshot().messages.map(intern);
    },
    shownAt,
    position: () => state.getSnapshot().messages.at(-1)?.seq ?? 0,
    change: () => thread.cursor()?.change ?? 0,
    hasHole: () => state.getSnapshot().behind,
    merge: (message) => thread.merge([message]),
    cover: () => undefined,
    clear: () => thread.reload(),
  };
}
