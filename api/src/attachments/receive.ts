import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyConfig } from "@fastify/busboy";
import { CodedError } from "@parloir/contracts/errors.ts";
import { writeFailure } from "./storage.ts";

/** One file of a multipart body, as it was received. */
export interface Received {
  /** What the client calls it. */
  claimedName: string;
  size: number;
}

export interface ReceiveLimits {
  maxBytes: number;
  /** Without a byte for so long the upload is given up. */
  idleMs: number;
  /** The whole of it. */
  totalMs: number;
}

type Parser = InstanceType<typeof Busboy>;

const fieldName = "file";
/** Boundary, headers of the part: what a body has besides the file. */
const framing = 4_096;

/**
 * Streams the one file of a multipart request to a path. Memory is bounded by the streams' buffers. Settles as soon as
 * the outcome is known, which may be before the request has ended, but only when the file is closed: what was written
 * can be removed then.
 * @throws CodedError INVALID, TOO_LARGE, UNSUPPORTED, STORAGE_FULL, UNAVAILABLE
 */
export async function receiveFile(
  request: IncomingMessage,
  path: string,
  limits: ReceiveLimits,
): Promise<Received> {
  const parser = createParser(request);
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes + framing)
    throw tooLarge(limits.maxBytes);
  const target = await open(path, "w", 0o600).catch((error: unknown) => {
    throw writeFailure(error);
  });
  try {
    const received = await parseInto(parser, request, target, limits);
    if (!received) throw invalid(`the body has no file "${fieldName}"`);
    if (received.size === 0) throw invalid("the file is empty");
    return received;
  } finally {
    await target.close();
  }
}

async function parseInto(
  parser: Parser,
  request: IncomingMessage,
  target: FileHandle,
  limits: ReceiveLimits,
): Promise<Received | null> {
  const parsed = Promise.withResolvers<void>();
  let arriving: Readable | undefined;
  let writing: Promise<Received | null> | undefined;
  let refusal: CodedError | undefined;

  /** The first reason counts. The request is left as it is: somebody still wants to answer it. */
  function refuse(error: CodedError): void {
    refusal ??= error;
    request.unpipe(parser);
    arriving?.destroy();
    parsed.resolve();
  }
  function refuseParts(): void {
    refuse(invalid(`the body has one part, the file "${fieldName}"`));
  }
  function refuseBody(): void {
    refuse(invalid("the multipart body cannot be read"));
  }

  parser.on("finish", parsed.resolve);
  parser.on("error", refuseBody);
  parser.on("field", refuseParts);
  parser.on("file", (name, stream, claimedName) => {
    stream.on("error", refuseBody);
    if (name !== fieldName || arriving) return refuseParts();
    arriving = stream;
    writing = writeFile(stream, target, limits.maxBytes).then(
      (size) => ({ claimedName, size }),
      (error: unknown) => {
        refuse(writeFailure(error));
        return null;
      },
    );
  });
  const endWatch = watch(request, limits, refuse);
  request.pipe(parser);
  await parsed.promise;
  const received = (await writing) ?? null;
  endWatch();
  if (refusal) throw refusal;
  return received;
}

function createParser(request: IncomingMessage): Parser {
  const headers = request.headers as BusboyConfig["headers"];
  if (!/^multipart\/form-data\s*;/i.test(headers["content-type"] ?? ""))
    throw new CodedError("UNSUPPORTED", "the body must be multipart/form-data");
  try {
    return new Busboy({ headers, limits: { headerPairs: 20, fieldSize: 1_024 } });
  } catch {
    throw invalid("the multipart boundary is missing");
  }
}

/** Piece by piece: the stream waits meanwhile, and with it the client. */
async function writeFile(stream: Readable, target: FileHandle, maxBytes: number): Promise<number> {
  let size = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    await target.writeFile(piece);
  }
  return size;
}

/** A client that has gone, stands still or takes for ever. */
function watch(
  request: IncomingMessage,
  limits: ReceiveLimits,
  refuse: (error: CodedError) => void,
): () => void {
  const { socket } = request;
  const late = () => refuse(new CodedError("UNAVAILABLE", "the file did not arrive in time"));
  const closed = () => {
    if (!request.complete) refuse(invalid("the upload was aborted"));
  };
  let seen = -1;
  const idle = setInterval(() => {
    if (socket.bytesRead === seen) late();
    seen = socket.bytesRead;
  }, limits.idleMs);
  const total = setTimeout(late, limits.totalMs);
  request.once("close", closed);
  // It may have gone before anybody listened.
  if (request.destroyed) closed();
  return () => {
    clearInterval(idle);
    clearTimeout(total);
    request.off("close", closed);
  };
}

function tooLarge(maxBytes: number): CodedError {
  return new CodedError("TOO_LARGE", `the file is larger than ${maxBytes} bytes`);
}

function invalid(message: string): CodedError {
  return new CodedError("INVALID", message);
}
