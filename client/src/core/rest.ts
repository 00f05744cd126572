import { CodedError, isErrorCode } from "@parloir/contracts/errors.ts";
import { NoAnswer } from "./link.ts";
import type { Tokens } from "./token.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One REST call with the person's token. @throws CodedError */
export type Rest = <Data>(method: Method, path: string, body?: unknown) => Promise<Data>;

interface RestOptions {
  url: string;
  tokens: Tokens;
  fetch: typeof globalThis.fetch;
}

const timeoutMs = 15_000;

export function createRest({ url, tokens, fetch }: RestOptions): Rest {
  async function once(token: string, method: Method, path: string, body: unknown): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const request: RequestInit = { method, headers, signal: AbortSignal.timeout(timeoutMs) };
    if (body !== undefined) request.body = JSON.stringify(body);
    try {
      return await fetch(`${url}${path}`, request);
    } catch (error) {
      throw new NoAnswer("no answer", error);
    }
  }

  return async <Data>(method: Method, path: string, body?: unknown): Promise<Data> => {
    const token = await tokens.current();
    let response = await once(token, method, path, body);
    // Once only: a second refusal of a fresh token is an answer, not an accident.
    if (response.status === 401) response = await once(await tokens.renew(token), method, path, body);
    return unwrap<Data>(response);
  };
}

interface Envelope<Data> {
  success?: boolean;
  data?: Data;
  error?: { code?: unknown; message?: unknown; retryAfterMs?: unknown; present?: unknown };
}

/** Takes the data out of `{success, data}`, or throws what `{success: false, error}` says. */
export async function unwrap<Data>(response: Response): Promise<Data> {
  let envelope: Envelope<Data>;
  try {
    envelope = (await response.json()) as Envelope<Data>;
  } catch (error) {
    // A balancer's own page, or a connection that ended within the body.
    throw new NoAnswer(`answer ${response.status} without JSON`, error);
  }
  if (response.ok && envelope?.success === true) return envelope.data as Data;
  const { code, message, retryAfterMs, present } = envelope?.error ?? {};
  throw new CodedError(
    isErrorCode(code) ? code : response.status >= 500 ? "UNAVAILABLE" : "INTERNAL",
    typeof message === "string" ? message : `answer ${response.status}`,
    {
      ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
      ...(typeof present === "string" || present === null ? { present } : {}),
    },
  );
}
