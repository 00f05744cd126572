import { prefix } from "./environment.ts";
import { orAbort } from "./finished.ts";
import { makePerson } from "./people.ts";

const patienceMs = 5_000;

/**
 * k6 calls it once, before anything else; every scenario exports it. Without that person the run is ended: nothing
 * listens there, or the key is another. k6 itself ends with 255 after what a promise of `setup` throws.
 */
export async function setup(): Promise<void> {
  await orAbort(makePerson(`${prefix}-first`, patienceMs));
}
