import { once } from "node:events";
import { createServer } from "node:http";
import { pushBrowser } from "../../setup/push-browser.ts";
import type { History } from "../history.ts";
import type { Person } from "./people.ts";

/**
 * Every other person also has a browser that is told without an open page: whatever its push service is sent goes into
 * the history. Not all, because each line of theirs costs the worker several statements more.
 */
export interface Telling {
  stop: () => Promise<void>;
}

const oneIn = 2;

export async function startTelling(options: {
  url: string;
  people: Person[];
  history: History;
  now: () => number;
}): Promise<Telling> {
  const { url, people, history, now } = options;
  const browsers = new Map<string, ReturnType<typeof pushBrowser>>();
  const service = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const userId = decodeURIComponent(request.url!.slice(1));
    const { id, conversationId, seq } = browsers.get(userId)!.decrypt(Buffer.concat(chunks));
    history.told.push({ at: now(), id, userId, conversationId, seq });
    response.writeHead(201).end();
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const { port } = service.address() as { port: number };
  for (const { userId, token } of people.filter((_, index) => index % oneIn === 0)) {
    const browser = pushBrowser(`http://127.0.0.1:${port}/${encodeURIComponent(userId)}`);
    browsers.set(userId, browser);
    await subscribe(url, token, browser.subscription);
    history.reachable.push(userId);
  }
  return {
    async stop() {
      const closed = once(service, "close");
      service.close();
      service.closeAllConnections();
      await closed;
    },
  };
}

async function subscribe(url: string, token: string, subscription: object): Promise<void> {
  const response = await fetch(`${url}/api/push/subscriptions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(subscription),
  });
  if (!response.ok) throw new Error(`a browser could not subscribe: ${response.status}`);
}
