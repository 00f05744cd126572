/**
 * Turns a processor of many jobs into one of a single job: what comes within `gatherMs` of the first is done together,
 * or as soon as there are `atMost`, one run after the other. When a run fails, each of its jobs is tried alone, so that
 * a bad one fails for itself.
 */
export function gatherJobs<Job>(options: {
  process: (jobs: Job[]) => Promise<void>;
  gatherMs: number;
  /** How many jobs can be given at a time: more would never come before these are done. */
  atMost: number;
}): (job: Job) => Promise<void> {
  interface Waiting {
    job: Job;
    done: () => void;
    failed: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  function run(): void {
    clearTimeout(timer);
    timer = undefined;
    const taken = waiting;
    waiting = [];
    running = running.then(() => runAll(taken));
  }

  async function runAll(taken: Waiting[]): Promise<void> {
    try {
      await options.process(taken.map(({ job }) => job));
      for (const { done } of taken) done();
    } catch (error) {
      if (taken.length === 1) taken[0]!.failed(error);
      else for (const each of taken) await runAll([each]);
    }
  }

  return (job) =>
    new Promise((done, failed) => {
      waiting.push({ job, done, failed });
      if (waiting.length >= options.atMost) run();
      else timer ??= setTimeout(run, options.gatherMs);
    });
}
