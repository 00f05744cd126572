/** `k6/execution`: see run.ts, which sets these before each iteration. */
export const scenario = { iterationInTest: 0, startTime: Date.now() };
export const vu = { idInTest: 0 };
