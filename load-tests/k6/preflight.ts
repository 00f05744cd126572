import { prefix } from "./environment.ts";
import { makePerson } from "./people.ts";

const patienceMs = 5_000;

/**
 * k6 calls it once, before anything else; every scenario exports it. What it throws ends the run: nothing listens there,
 * or the key is another.
 */
export async function setup(): Promise<void> {
  await makePerson(`${prefix}-first`, patienceMs);
}
