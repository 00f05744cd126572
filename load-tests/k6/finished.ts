import { test } from "k6/execution";
import { Counter } from "k6/metrics";
import type { Options } from "k6/options";

/**
 * k6 only logs what an iteration throws, and without samples nearly every threshold holds: a run against nothing would
 * pass. So iterations that came to their end are counted, and how many must is itself a threshold.
 */
const finished = new Counter("parloir_finished");

/** The last thing that an iteration does. */
export const hasFinished = (): void => finished.add(1);

export function finishedThreshold(iterations: number): NonNullable<Options["thresholds"]> {
  return { parloir_finished: [`count>=${iterations}`] };
}

/** Of so many arrivals: k6 may begin one fewer, and one in a hundred may still be under way when it ends. */
export function nearlyAll(arrivals: number): number {
  return Math.max(1, Math.floor(arrivals * 0.99));
}

/** Ends the whole run when that fails: with fewer people it would measure something else. */
export async function orAbort<T>(setUp: Promise<T>): Promise<T> {
  try {
    return await setUp;
  } catch (error) {
    test.abort(String(error));
    throw error;
  }
}
