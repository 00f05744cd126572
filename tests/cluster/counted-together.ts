import { eventually } from "../setup/waiting.ts";
import type { Cluster } from "./cluster.ts";

/**
 * Makes attempts at something limited until Redis answered every question of theirs: on a machine that is busy it may
 * seem away for a moment, and each process then counts alone.
 */
export async function untilCountedTogether<T>(cluster: Cluster, attempts: () => Promise<T>): Promise<T> {
  const alone = async () => {
    let sum = 0;
    for (const { metrics } of cluster.apis) {
      const { values } = await metrics.get("parloir_limit_checks_total").get();
      for (const { labels, value } of values) if (labels.outcome === "failed") sum += value;
    }
    return sum;
  };
  const { result } = await eventually(
    "attempts that Redis counts",
    async () => {
      const before = await alone();
      const result = await attempts();
      return { result, missed: (await alone()) - before };
    },
    ({ missed }) => missed === 0,
  );
  return result;
}
