/** `k6/timers`: see run.ts. */
export { clearTimeout, setTimeout } from "node:timers";
