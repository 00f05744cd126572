import type { Request, RequestHandler } from "express";

/** Of a request with a body: nothing of ours but a file takes longer. */
const bodyMs = 30_000;
/** After an early answer, what a client may still send before it is cut. */
const unreadMs = 5_000;
const unreadBytes = 32 * 1024 * 1024;

/** @param isUpload these watch their own time: attachments/receive.ts */
export function boundBodies(isUpload: (request: Request) => boolean): RequestHandler {
  return (request, response, next) => {
    if (hasBody(request)) {
      if (!isUpload(request)) {
        const late = setTimeout(() => request.destroy(), bodyMs);
        request.once("close", () => clearTimeout(late));
      }
      response.once("finish", () => {
        if (!request.complete) readOn(request);
      });
    }
    next();
  };
}

export function hasBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * A client that is still sending sees the answer only when we go on reading: closing at once resets the connection,
 * and the answer is lost with it. Not for ever, and not without end.
 */
function readOn(request: Request): void {
  const { socket } = request;
  const cut = setTimeout(() => socket.destroy(), unreadMs);
  const from = socket.bytesRead;
  request.on("data", () => {
    if (socket.bytesRead - from > unreadBytes) socket.destroy();
  });
  request.once("close", () => clearTimeout(cut));
  request.resume();
}
