/** `import { check } from "k6"`: see run.ts. */
import { recordCheck } from "./recorded.ts";

export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean {
  const outcomes = Object.entries(checks).map(([name, holds]) => recordCheck(name, holds(value)));
  return outcomes.every(Boolean);
}
