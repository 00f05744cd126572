import type { Log } from "./log.ts";

export interface ShutdownStep {
  name: string;
  run: () => Promise<unknown> | unknown;
}

export interface Lifecycle {
  /** Runs every step in order, whatever the earlier ones did; the second call joins the first. */
  shutdown: (reason: string) => Promise<void>;
}

/**
 * Ordered shutdown on SIGTERM or SIGINT, a hard deadline, and a second signal that ends the process at once.
 * An uncaught exception leaves the process in an unknown state: it is logged and drained like a signal. An
 * unhandled rejection is a bug of ours but harms only what awaited it: it is logged and counted, because ending a
 * gateway would cut thousands of sockets for one forgotten catch.
 */
export function installLifecycle(options: {
  log: Log;
  steps: ShutdownStep[];
  deadlineMs: number;
  onUnhandledRejection: () => void;
}): Lifecycle {
  const { log } = options;
  let stopping: Promise<void> | undefined;

  const shutdown = (reason: string) => {
    stopping ??= runSteps(reason);
    return stopping;
  };

  async function runSteps(reason: string): Promise<void> {
    log.info({ reason }, "shutting down");
    const deadline = setTimeout(() => {
      log.fatal({ deadlineMs: options.deadlineMs }, "shutdown exceeded its deadline");
      process.exit(1);
    }, options.deadlineMs);
    deadline.unref();
    for (const step of options.steps) {
      try {
        await step.run();
      } catch (error) {
        log.error({ err: error, step: step.name }, "a shutdown step failed");
      }
    }
    clearTimeout(deadline);
  }

  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      log.warn({ signal }, "second signal: leaving at once");
      process.exit(1);
    }
    void shutdown(signal).then(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("unhandledRejection", (error) => {
    log.error({ err: error }, "unhandled rejection");
    options.onUnhandledRejection();
  });
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught exception");
    void shutdown("uncaughtException").then(() => process.exit(1));
  });
  return { shutdown };
}
