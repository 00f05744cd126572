import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { Networks } from "@parloir/platform/networks.ts";
import { Agent, buildConnector, request } from "undici";

/**
 * HTTP to addresses that others have entered. What is judged is the address that is connected to: a name may lead
 * elsewhere than it did when it was entered, or than it did a moment ago (DNS rebinding). Redirects are not followed,
 * because they would lead anywhere. An answer's body is thrown away.
 */
export interface Outbound {
  post: (url: string, message: { headers: Record<string, string>; body: string | Buffer }) => Promise<Answer>;
  close: () => Promise<void>;
}

export interface Answer {
  status: number;
  /** As `Retry-After` says in seconds; null when it says nothing, or a date. */
  retryAfterMs: number | null;
}

/** An attempt that got no answer. `reason` is short and the ledger's. */
export class NoAnswer extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.name = "NoAnswer";
    this.reason = reason;
  }
}

const connectMs = 5_000;
/** From the first byte to the last. */
const answerMs = 10_000;
const longestAnswer = 64 * 1024;
const connectionsEach = 8;

export function createOutbound(
  networks: Networks,
  resolve: LookupFunction = lookup as LookupFunction,
): Outbound {
  const agent = new Agent({
    connect: guardedConnector(networks, resolve),
    connections: connectionsEach,
    pipelining: 1,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    keepAliveTimeout: 10_000,
    maxHeaderSize: 16 * 1024,
  });
  return {
    async post(url, { headers, body }) {
      try {
        const signal = AbortSignal.timeout(answerMs);
        const answer = await request(url, { method: "POST", headers, body, dispatcher: agent, signal });
        // The status is all that counts: what comes after it may be as long or as broken as it likes.
        await answer.body.dump({ limit: longestAnswer, signal }).catch(() => undefined);
        return { status: answer.statusCode, retryAfterMs: secondsOf(answer.headers["retry-after"]) };
      } catch (error) {
        throw new NoAnswer(reasonOf(error));
      }
    },
    close: () => agent.destroy(),
  };
}

function guardedConnector(networks: Networks, resolve: LookupFunction): buildConnector.connector {
  const connect = buildConnector({ timeout: connectMs, lookup: guardedLookup(networks, resolve) });
  return (options, callback) => {
    // Of an address nobody is asked where it is.
    const literal = options.hostname.replace(/^\[|\]$/g, "");
    if (isIP(literal) !== 0 && !networks.mayCall(literal)) return callback(notAllowed(), null);
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const address = socket.remoteAddress ?? "";
      const isPlain = options.protocol === "http:";
      if (networks.mayCall(address) && !(isPlain && !networks.isListed(address)))
        return callback(null, socket);
      socket.destroy();
      callback(isPlain && networks.mayCall(address) ? coded("plain_http") : notAllowed(), null);
    });
  };
}

/** Names lead only to addresses that may be called: with none left, nothing is connected to. */
function guardedLookup(networks: Networks, resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      const allowed = all.filter(({ address }) => networks.mayCall(address));
      if (allowed.length === 0) return callback(notAllowed(), []);
      if (options.all) callback(null, allowed);
      else callback(null, allowed[0]!.address, allowed[0]!.family);
    });
}

function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

const notAllowed = () => coded("address_not_allowed");

function secondsOf(header: string | string[] | undefined): number | null {
  return typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null;
}

/** A code and no text: what a stranger's server says is not ours to keep. */
function reasonOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === "TimeoutError" || (code ?? "").endsWith("_TIMEOUT")) return "timeout";
  return /^[A-Za-z0-9_]{1,64}$/.test(code ?? "") ? code!.toLowerCase() : "failed";
}
