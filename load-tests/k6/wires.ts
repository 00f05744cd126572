import http from "k6/http";
import { WebSocket } from "k6/websockets";
import { openPolling, type WireEvents } from "../framing/polling.ts";
import { createSession, type Session, type SessionEvents, type Wire } from "../framing/session.ts";
import { overWebSocket } from "../framing/websocket.ts";
import { clock } from "./clock.ts";
import { baseUrl } from "./environment.ts";

export type Transport = "websocket" | "polling";

/** Longer than the server holds a poll (its ping interval). */
const pollTimeout = "60s";

function openWebSocket(events: WireEvents): Wire {
  const url = `${baseUrl.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(url, null, { tags: { transport: "websocket" } });
  return overWebSocket(socket, events);
}

function openLongPolling(events: WireEvents): Wire {
  return openPolling(
    baseUrl,
    async (method, url, body) => {
      const answer = await http.asyncRequest(method, url, body, {
        headers: { "Content-Type": "text/plain;charset=UTF-8" },
        timeout: pollTimeout,
        responseType: "text",
        // One series for all sessions. Waiting is what a poll is for: it counts as no REST request.
        tags: { name: `${method} /socket.io/`, kind: "polling" },
      });
      return { status: answer.status, body: answer.body ?? "" };
    },
    events,
  );
}

const openers = { websocket: openWebSocket, polling: openLongPolling };

export function openSession(transport: Transport, token: string, events: SessionEvents): Session {
  // The transport may fail before the session that it feeds is there.
  const early: string[] = [];
  let session: Session | null = null;
  const wire = openers[transport]({
    packet: (packet) => session?.receive(packet),
    dropped: (reason) => (session ? session.dropped(reason) : early.push(reason)),
  });
  session = createSession({ wire, auth: { token }, events, clock });
  for (const reason of early) session.dropped(reason);
  return session;
}
