import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CodedError, errorCodes } from "@parloir/contracts/errors.ts";
import { parse } from "@parloir/contracts/parse.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import { networkOf } from "@parloir/platform/client-address.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import type { Origin } from "@parloir/store/audit.ts";
import { type Request, type RequestHandler, type Response, Router } from "express";
import type * as z from "zod/mini";
import { hasBody } from "./bodies.ts";
import type { Access, Authenticate, Caller } from "./callers.ts";
import type { RequestLimits } from "./limits.ts";
import type { KeyCaller } from "./server-keys.ts";

/** One REST route: who may call it, what it takes, what it answers. Errors are thrown as CodedError. */
export type Route<
  Params extends z.ZodMiniType = z.ZodMiniType,
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
> = Access & {
  method: "get" | "put" | "post" | "patch" | "delete";
  path: string;
  /** For the documents: one line, and what `data` is. */
  about: string;
  answer: z.ZodMiniType;
  /** What a stream carries instead of the envelope. */
  media?: string;
  /** A body, where the schema alone does not say enough. */
  example?: z.input<Body>;
  /** The handler limits its callers itself. */
  ownLimit?: true;
  params?: Params;
  query?: Query;
  body?: Body;
  /** A request without any body counts as `{}`. */
  bodyIsOptional?: boolean;
  /** Takes a multipart body with one file, which the handler reads itself. */
  takesFile?: true;
  handle: (call: {
    params: z.infer<Params>;
    query: z.infer<Query>;
    body: z.infer<Body>;
    /** The caller; with a server key or without credentials there is none, and it must not be read. */
    person: Person;
    /** True when a server key called. */
    byKey: boolean;
    key: KeyCaller | null;
    /** For the audit log. */
    origin: Origin;
    request: IncomingMessage;
  }) => Promise<RouteAnswer>;
};

export interface RouteAnswer {
  status?: number;
  data?: unknown;
  /** As `Set-Cookie`. */
  cookie?: string;
  /** Instead of `data` and its envelope: a file to save. JSON brings its own envelope. */
  stream?: { type: string; name: string; lines: AsyncIterable<string> };
  /** Instead of `data`: where the caller is sent. */
  redirect?: string;
}

/** Keeps the schemas' types for the handler while routes of different shapes live in one list. */
export function route<P extends z.ZodMiniType, Q extends z.ZodMiniType, B extends z.ZodMiniType>(
  definition: Route<P, Q, B>,
): Route {
  return definition as unknown as Route;
}

export type CallerLimits = Pick<RequestLimits, "writes" | "reads" | "keys" | "open">;

export function createRouter(options: {
  routes: Route[];
  authenticate: Authenticate;
  limits: CallerLimits;
  log: Log;
  metrics: Metrics;
}): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const requests = options.metrics.get("parloir_http_requests_total");
  const duration = options.metrics.get("parloir_http_request_seconds");
  for (const [path, definitions] of byPath(options.routes)) {
    for (const definition of definitions) router[definition.method](path, serve(definition));
    // Right behind its own: a later path with more parameters may fit as well.
    const methods = definitions.map(({ method }) => method);
    router.all(path, (_request, response) => {
      response.setHeader("allow", methods.join(", ").toUpperCase());
      sendError(response, new CodedError("METHOD_NOT_ALLOWED", "the route has no such method"), options.log);
    });
  }

  function serve(definition: Route): RequestHandler {
    return async (request, response) => {
      const stop = duration.startTimer({ route: definition.path });
      try {
        const { status = 200, data, stream, redirect, cookie } = await handle(definition, options, request);
        if (cookie !== undefined) response.setHeader("set-cookie", cookie);
        if (stream) await sendFile(response, stream);
        else if (redirect !== undefined) response.redirect(302, redirect);
        else response.status(status).json({ success: true, data });
      } catch (error) {
        sendError(response, error, options.log);
      }
      stop();
      requests.inc({
        route: definition.path,
        method: definition.method,
        status: String(response.statusCode),
      });
    };
  }
  return router;
}

async function handle(
  definition: Route,
  options: { authenticate: Authenticate; limits: CallerLimits },
  request: Request,
): Promise<RouteAnswer> {
  const caller = await recognise(definition, options, request);
  const { person, key } = caller;
  spend(definition, options.limits, caller, request.ip);
  const isEmpty = definition.bodyIsOptional === true && !hasBody(request);
  if (definition.body && !isEmpty && !isJson(request)) {
    throw new CodedError("UNSUPPORTED", "the body must be application/json in UTF-8");
  }
  return definition.handle({
    params: definition.params ? parse(definition.params, request.params) : undefined,
    query: definition.query ? parse(definition.query, request.query) : undefined,
    body: definition.body ? parse(definition.body, isEmpty ? {} : request.body) : undefined,
    person: person as Person,
    byKey: key !== null,
    key,
    origin: originOf(caller, request),
    request,
  });
}

/** Whoever shows credentials that count for nothing is like one who shows none, and is limited by address. */
async function recognise(
  definition: Route,
  { authenticate, limits }: { authenticate: Authenticate; limits: CallerLimits },
  request: Request,
): Promise<Caller> {
  try {
    return await authenticate(definition, request.headers.authorization);
  } catch (error) {
    if (error instanceof CodedError && errorCodes[error.code].status === 401)
      spendOne(limits.open, networkOf(request.ip ?? ""));
    throw error;
  }
}

function spend(
  { method, ownLimit }: Route,
  limits: CallerLimits,
  { person, key }: Caller,
  address: string | undefined,
): void {
  const caller = person ?? key;
  if (ownLimit && caller) return;
  const bucket = !caller ? limits.open : key ? limits.keys : method === "get" ? limits.reads : limits.writes;
  spendOne(bucket, caller?.id ?? networkOf(address ?? ""));
}

function spendOne(bucket: TokenBuckets, key: string): void {
  const retryAfterMs = bucket.take(key);
  if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many requests", { retryAfterMs });
}

function originOf({ person, key }: Caller, request: Request): Origin {
  const kind = person ? "person" : key ? "key" : "anyone";
  const actor = { kind, id: person?.id ?? key?.id ?? null } as const;
  return { actor, requestId: requestIdOf(request.res), address: request.ip ?? null };
}

/** One id per request: in its error, in the log, and in the audit log. */
function requestIdOf(response: Response | undefined): string {
  const locals: { requestId?: string } = response?.locals ?? {};
  locals.requestId ??= randomUUID();
  return locals.requestId;
}

/** As fast as the client reads; one that goes away ends the reading too. */
async function sendFile(response: Response, file: NonNullable<RouteAnswer["stream"]>): Promise<void> {
  response.setHeader("content-type", file.type);
  response.attachment(file.name);
  await pipeline(Readable.from(file.lines), response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function isJson(request: Request): boolean {
  if (!request.is("application/json")) return false;
  // The body parser would take any other UTF as well.
  const charset = /;\s*charset="?([^";\s]+)/i.exec(request.headers["content-type"] ?? "")?.[1] ?? "utf-8";
  return charset.toLowerCase() === "utf-8";
}

function byPath(routes: Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const each of routes) paths.set(each.path, [...(paths.get(each.path) ?? []), each]);
  return paths;
}

/** The only place that turns an error into a REST answer. What is not a CodedError leaves as INTERNAL. */
export function sendError(response: Response, error: unknown, log: Log): void {
  const requestId = requestIdOf(response);
  const coded = error instanceof CodedError ? error : new CodedError("INTERNAL", "an internal error");
  if (coded.code === "INTERNAL") log.error({ err: error, requestId }, "a request failed");
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (coded.retryAfterMs !== undefined)
    response.setHeader("retry-after", Math.ceil(coded.retryAfterMs / 1_000));
  response.status(errorCodes[coded.code].status).json({
    success: false,
    error: {
      code: coded.code,
      message: coded.message,
      requestId,
      ...(coded.present === undefined ? {} : { present: coded.present }),
      ...(coded.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(coded.retryAfterMs) }),
    },
  });
}
