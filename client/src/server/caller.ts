import { type CodedError, errorCodes } from "@parloir/contracts/errors.ts";
import { retryDelay } from "../core/backoff.ts";
import { asCodedError, NoAnswer } from "../core/link.ts";
import { type Method, unwrap } from "../core/rest.ts";

/** One REST call with the server key, repeated while its outcome is unknown. @throws CodedError */
export type Call = <Data>(
  method: Method,
  path: string,
  body?: unknown,
  /** `once`: doing it twice would be two. */
  options?: { once?: boolean },
) => Promise<Data>;

const attemptMs = 10_000;
const usualDeadlineMs = 30_000;

export function createCaller(options: {
  url: string;
  serverKey: string;
  fetch?: typeof globalThis.fetch;
  deadlineMs?: number;
}): Call {
  const { serverKey, deadlineMs = usualDeadlineMs, fetch = globalThis.fetch } = options;
  const url = options.url.replace(/\/$/, "");

  async function once(method: Method, path: string, body: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${serverKey}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const signal = AbortSignal.timeout(attemptMs);
    try {
      return await fetch(`${url}${path}`, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw new NoAnswer("the cluster does not answer", error);
    }
  }

  return async <Data>(
    method: Method,
    path: string,
    body?: unknown,
    { once: isOnce = false }: { once?: boolean } = {},
  ): Promise<Data> => {
    const deadline = Date.now() + deadlineMs;
    // Once: a retry says letter for letter the same.
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let attempt = 0; ; attempt++) {
      try {
        return await unwrap<Data>(await once(method, path, text));
      } catch (thrown) {
        const error = asCodedError(thrown);
        const delay = retryDelay(attempt, error.retryAfterMs);
        if (isOnce || !isWorthRepeating(error) || Date.now() + delay > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  };
}

function isWorthRepeating({ code }: CodedError): boolean {
  return errorCodes[code].retryable;
}
