/** `k6/execution`: see run.ts, which sets these before each iteration. */
export const scenario = { iterationInTest: 0, startTime: Date.now() };
export const vu = { idInTest: 0 };

let abortRun: (reason: string) => void = () => undefined;
/** The reason of the first `test.abort()`. */
export const aborted = new Promise<string>((resolve) => {
  abortRun = resolve;
});

export const test = {
  options: {} as { scenarios?: Record<string, unknown> },
  abort(reason = ""): never {
    abortRun(reason);
    throw new Error(`test aborted: ${reason}`);
  },
};
