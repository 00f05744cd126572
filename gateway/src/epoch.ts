import type { Log } from "@parloir/platform/log.ts";
import type { ApiClient } from "./api-client.ts";
import type { GatewayServer } from "./context.ts";
import type { Stream } from "./streams.ts";

const retryMs = 500;

/**
 * When the database was restored, sequencing starts again from the heads that there are now, and then sockets reload.
 * Until those heads could be read nothing is told: a client that reloads earlier would miss what is committed in
 * between.
 */
export function followEpochs(options: { io: GatewayServer; api: ApiClient; streams: Stream[]; log: Log }): {
  stop: () => void;
} {
  const { io, api, streams, log } = options;
  let stopped = false;

  async function begin(epoch: string): Promise<void> {
    log.warn({ epoch }, "another epoch: every client reloads");
    while (!stopped && api.epoch() === epoch) {
      try {
        await Promise.all(
          streams.map(({ heads, sequencer }) => heads.apply(sequencer.conversations(), "reset")),
        );
        io.local.emit("resync", { reason: "epoch" });
        return;
      } catch (error) {
        log.warn({ err: error }, "the heads of the new epoch could not be read yet");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  api.onEpochChange((epoch) => void begin(epoch));
  return {
    stop() {
      stopped = true;
    },
  };
}
