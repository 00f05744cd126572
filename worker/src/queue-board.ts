import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { sameSecret } from "@parloir/platform/auth.ts";
import type { Queue } from "bullmq";
import express from "express";

export const boardPath = "/queues";

/**
 * Bull Board, on the private port: what waits, what failed and why, and failed jobs once more. Anyone who may reach
 * that port and knows the password may do all of it, so pages of other sites may not.
 * @param password of HTTP basic authentication, with any name
 */
export function createQueueBoard(queues: Queue[], password: string): RequestListener {
  const adapter = new ExpressAdapter();
  adapter.setBasePath(boardPath);
  createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter: adapter });
  const app = express();
  app.disable("x-powered-by");
  app.use(boardPath, adapter.getRouter());
  return (request, response) => {
    if (isOfAnotherSite(request)) return refuse(response, 403);
    const given = passwordOf(request.headers.authorization);
    if (given === null || !sameSecret(given, password)) return refuse(response, 401);
    app(request, response);
  };
}

/** Browsers send a password that they know along with what another site's page asks. */
function isOfAnotherSite({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function passwordOf(header: string | undefined): string | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? null : text.slice(colon + 1);
}

function refuse(response: ServerResponse, status: 401 | 403): void {
  if (status === 401) response.setHeader("www-authenticate", 'Basic realm="queues", charset="UTF-8"');
  response.writeHead(status, { "content-type": "text/plain" });
  response.end();
}
