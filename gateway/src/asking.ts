import type { InternalResult } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { ApiClient } from "./api-client.ts";

/** What gateways ask for again and again, because pub/sub may not have told them: here, or at the api that did it. */
type Asked = "revocations" | "removals";

const askTimeoutMs = 1_500;

/** Each answer covers everything since the one before, so that one which fails loses nothing. */
export function startAsking<R extends Asked>(options: {
  route: R;
  everyMs: number;
  api: ApiClient;
  onAnswer: (answer: InternalResult<R>) => void;
  log: Log;
}): { stop: () => void } {
  const { route, api, log } = options;
  let since: string | null = null;
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      const { results } = await api.call(route, [{ since }], { lane: 0, timeoutMs: askTimeoutMs });
      const [result] = results;
      if (!result?.ok) return;
      since = result.data.at;
      options.onAnswer(result.data);
    } catch (error) {
      log.debug({ err: error, route }, "the api could not be asked");
    } finally {
      asking = false;
    }
  }

  const timer = setInterval(() => void ask(), options.everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
