/** Work that looks again and again for something to do. */
export interface Rounds {
  /** Stops after the round in progress. */
  stop: () => Promise<void>;
}

/** @param round does what there is to do, fails never, and says how long to wait before the next one, in ms */
export function startRounds(round: () => Promise<number>): Rounds {
  let stopped = false;
  let wake: (() => void) | undefined;

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const pause = await round();
      if (pause > 0 && !stopped) await sleep(pause);
    }
  }

  const running = run();
  return {
    stop() {
      stopped = true;
      wake?.();
      return running;
    },
  };
}
