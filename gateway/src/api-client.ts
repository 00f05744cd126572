import { CodedError } from "@parloir/contracts/errors.ts";
import type { InternalItem, InternalResponse, InternalRoute } from "@parloir/contracts/internal.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { Pool } from "undici";

/**
 * Calls the apis' private port over kept connections. A call goes to the api of its lane and, when that one does
 * not answer, to the next: every internal route may be repeated, because sends are idempotent by clientMessageId
 * and marks only rise.
 */
export interface ApiClient {
  /** @throws CodedError UNAVAILABLE when no api answered within `timeoutMs` */
  call: <R extends InternalRoute>(
    route: R,
    items: InternalItem<R>[],
    options: { lane: number; timeoutMs: number },
  ) => Promise<InternalResponse<R>>;
  /** The newest epoch that an answer named; empty before the first answer. */
  epoch: () => string;
  /** Called when an answer names another epoch than the one before: the database was restored. */
  onEpochChange: (listener: (epoch: string) => void) => void;
  lanes: number;
  close: () => Promise<void>;
}

interface Endpoint {
  pool: Pool;
  /** After a refused or failed call the others are asked first until then. */
  avoidUntil: number;
  failures: number;
}

/** Doubles with every failure in a row: an api that is frozen costs each try a share of somebody's budget. */
const avoidMs = 1_000;
const longestAvoidMs = 30_000;
/** While there is another api to ask, one that does not answer gets no more than this of the call's time. */
const firstTryMs = 1_200;
const connectTimeoutMs = 1_000;
const connectionsPerApi = 16;

export function createApiClient(options: { urls: string[]; secret: string; metrics: Metrics }): ApiClient {
  const endpoints = options.urls.map(
    (url): Endpoint => ({
      pool: new Pool(url, {
        connections: connectionsPerApi,
        pipelining: 1,
        keepAliveTimeout: 60_000,
        connect: { timeout: connectTimeoutMs },
      }),
      avoidUntil: 0,
      failures: 0,
    }),
  );
  const duration = options.metrics.get("parloir_api_call_seconds");
  const size = options.metrics.get("parloir_batch_size");
  const headers = { authorization: `Bearer ${options.secret}`, "content-type": "application/json" };
  let epoch = "";
  const pastEpochs = new Set<string>();
  let epochListener: (epoch: string) => void = () => undefined;

  /** Apis notice a new epoch up to a second apart: an answer of the old one does not bring it back. */
  function noteEpoch(current: string): void {
    if (epoch === current || pastEpochs.has(current)) return;
    const former = epoch;
    epoch = current;
    if (former === "") return;
    pastEpochs.add(former);
    epochListener(current);
  }

  /** The lane's own api first, those that just failed last. */
  function inOrder(lane: number): Endpoint[] {
    const rotated = endpoints.map((_, index) => endpoints[(lane + index) % endpoints.length]!);
    const now = performance.now();
    return [
      ...rotated.filter((each) => each.avoidUntil <= now),
      ...rotated.filter((each) => each.avoidUntil > now),
    ];
  }

  async function ask<T>(endpoint: Endpoint, route: string, body: string, timeoutMs: number): Promise<T> {
    const response = await endpoint.pool.request({
      path: `/internal/${route}`,
      method: "POST",
      headers,
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new Error(`the api answered ${response.statusCode} to ${route}`);
    }
    return (await response.body.json()) as T;
  }

  return {
    lanes: endpoints.length,
    epoch: () => epoch,
    onEpochChange(listener) {
      epochListener = listener;
    },
    async call<R extends InternalRoute>(
      route: R,
      items: InternalItem<R>[],
      { lane, timeoutMs }: { lane: number; timeoutMs: number },
    ) {
      size.observe({ route }, items.length);
      const body = JSON.stringify({ items });
      const deadline = performance.now() + timeoutMs;
      let cause: unknown;
      const order = inOrder(lane);
      for (const [position, endpoint] of order.entries()) {
        const left = deadline - performance.now();
        if (left <= 0) break;
        const isLast = position === order.length - 1;
        const stop = duration.startTimer({ route });
        try {
          const answer = await ask<InternalResponse<R>>(
            endpoint,
            route,
            body,
            isLast ? left : Math.min(left, firstTryMs),
          );
          stop({ outcome: "ok" });
          endpoint.avoidUntil = 0;
          endpoint.failures = 0;
          noteEpoch(answer.epoch);
          return answer;
        } catch (error) {
          stop({ outcome: "failed" });
          endpoint.avoidUntil =
            performance.now() + Math.min(avoidMs * 2 ** endpoint.failures, longestAvoidMs);
          endpoint.failures += 1;
          cause = error;
        }
      }
      throw new CodedError("UNAVAILABLE", "no api answers", { cause });
    },
    async close() {
      await Promise.all(endpoints.map((endpoint) => endpoint.pool.close()));
    },
  };
}
