import type { Metrics } from "../metrics.ts";

/** Longer than any answer that is of use, and shorter than a snapshot may be late. */
const patienceMs = 1_000;

/** Asks each store a question about nothing, all at once. Null: no answer, or too late. */
export async function measureRoundTrips(
  stores: Record<string, () => Promise<unknown>>,
  metrics: Metrics,
): Promise<Record<string, number | null>> {
  const histogram = metrics.get("parloir_store_round_trip_seconds");
  const measured = Object.entries(stores).map(async ([store, ask]): Promise<[string, number | null]> => {
    const seconds = await secondsOf(ask);
    if (seconds !== null) histogram.observe({ store }, seconds);
    return [store, seconds];
  });
  return Object.fromEntries(await Promise.all(measured));
}

async function secondsOf(ask: () => Promise<unknown>): Promise<number | null> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, patienceMs, null);
  });
  const answered = ask().then(
    () => (performance.now() - began) / 1_000,
    () => null,
  );
  const seconds = await Promise.race([answered, tooLate]);
  clearTimeout(timer);
  return seconds;
}
