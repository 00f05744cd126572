import type { Random } from "../../faults/random.ts";
import { judgeRest, judgeText } from "../judge.ts";
import { brokenText, corrupt, odd, type Pool, valueFor } from "../values.ts";
import { type Operation, operationsOf } from "./openapi.ts";
import type { CreateSurface, Outcome } from "./surface.ts";

/** Every route of `/openapi.json`, so that a new one is under fire with its first day. */

const answerWithinMs = 30_000;

export const createRestSurface: CreateSurface = async ({ url, cast }) => {
  const operations = operationsOf(
    (await (await fetch(`${url}/openapi.json`)).json()) as Parameters<typeof operationsOf>[0],
  );
  return {
    async run(random) {
      const { tokens, serverKey, pool } = cast();
      const operation = random.pick(operations);
      const request = requestOf(operation, pool, random);
      const bearer = random.pick([...tokens, ...tokens, serverKey, "nonsense"]);
      return send(url, request, bearer);
    },
    close: () => undefined,
  };
};

interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

function requestOf(operation: Operation, pool: Pool, random: Random): Request {
  const wrong = random.next();
  const spoilt = (where: number, value: unknown) => (wrong < where ? odd(random) : value);
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = operation.parameters.find((each) => each.in === "path" && each.name === name)?.schema;
    return encoded(spoilt(0.15, valueFor(schema, pool, random)));
  });
  const query = operation.parameters
    .filter((each) => each.in === "query" && (each.required || random.next() < 0.4))
    .map(
      ({ name, schema }) => `${nameOf(name, random)}=${encoded(spoilt(0.3, valueFor(schema, pool, random)))}`,
    )
    .join("&");
  return {
    method: wrong > 0.98 ? random.pick(["PUT", "PATCH", "DELETE", "POST", "OPTIONS"]) : operation.method,
    path: query ? `${path}?${query}` : path,
    ...bodyOf(operation, pool, random),
  };
}

function nameOf(name: string, random: Random): string {
  return random.next() < 0.05 ? random.pick([`${name}[]`, `${name}[a]`, "__proto__", "limit"]) : name;
}

function bodyOf(operation: Operation, pool: Pool, random: Random): Pick<Request, "headers" | "body"> {
  if (operation.method === "GET" || !operation.body) return { headers: {}, body: undefined };
  const right = valueFor(operation.body, pool, random);
  const text = JSON.stringify(random.next() < 0.4 ? corrupt(right, random) : right) ?? "";
  const types = ["application/json", "application/json", "application/json", "text/plain", "application/xml"];
  const type = random.next() < 0.05 ? random.pick(types) : "application/json";
  return { headers: { "content-type": type }, body: random.next() < 0.15 ? brokenText(text, random) : text };
}

function encoded(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  // A lone surrogate has no percent-encoding.
  return encodeURIComponent(text.toWellFormed()).slice(0, 6_000);
}

async function send(url: string, request: Request, bearer: string): Promise<Outcome> {
  const { method, path, headers, body } = request;
  const sent = `${method} ${path} ${body ?? ""}`;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${bearer}` },
    redirect: "manual",
    signal: AbortSignal.timeout(answerWithinMs),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return {
    sent,
    answer: `${response.status} ${text}`,
    kind: response.ok ? "ok" : (code ?? String(response.status)),
    finding: judgeText(text) ?? judgeStatus(response.status) ?? judgeBody(path, response, text),
  };
}

/** Exports are no JSON; an answer without a body has no type. */
function judgeBody(path: string, response: Response, text: string): string | null {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return path.startsWith("/api/") && isJson ? judgeRest(response.status, text) : null;
}

function judgeStatus(status: number): string | null {
  return status === 500 || status === 502 ? `status ${status}` : null;
}
