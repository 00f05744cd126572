import { readHeads, readSnapshot, type Snapshot } from "./check/snapshot.ts";
import { until } from "./cluster/process.ts";
import type { Arena } from "./inject/arena.ts";
import type { Fleet } from "./load/fleet.ts";

/**
 * After the load: waits until everyone has everything, or until the time in which they should have it is over, and
 * writes down what they show then. Nobody reloads for it.
 */
export async function becomeQuiet(
  fleet: Fleet,
  arena: Arena,
  { quiet: ms, comeback }: { quiet: number; comeback: number },
  say: (line: string) => void,
): Promise<void> {
  const isWhole = await untilComplete(fleet, arena, ms, say);
  if (!isWhole) await fleet.conclude(false);
  await until(fleet.progress.isProductComplete, comeback);
  if (isWhole) {
    // The product's client may have been asleep, and sent what it kept when it woke: that is for everyone.
    await untilComplete(fleet, arena, ms, say);
    await fleet.conclude(false);
  }
  await fleet.conclude(true);
  await fleet.readUnread();
}

async function untilComplete(
  fleet: Fleet,
  arena: Arena,
  ms: number,
  say: (line: string) => void,
): Promise<boolean> {
  const end = performance.now() + ms;
  while (performance.now() < end && !fleet.isIdle()) await arena.sleep(100);
  // Also what nobody sent: lines of who came and went have no ack that says how far a conversation is.
  for (const [id, seq] of await readHeads(arena.cluster.find("postgres").url!)) fleet.progress.acked(id, seq);
  while (performance.now() < end && !fleet.isComplete()) await arena.sleep(100);
  const isComplete = fleet.isComplete();
  if (!isComplete)
    say(`  not complete after ${ms / 1_000} s of quiet: ${fleet.progress.trouble() ?? "a late ack"}`);
  return isComplete;
}

/** The worker may still be at the last notifications, or at telling of them. */
export async function settledSnapshot({ cluster, sleep }: Arena, ms: number): Promise<Snapshot> {
  const { url } = cluster.find("postgres");
  const end = performance.now() + ms;
  let before = "";
  for (;;) {
    const snapshot = await readSnapshot(url!);
    const now = JSON.stringify(snapshot.notifications);
    const isDone =
      snapshot.outbox.length === 0 && snapshot.deliveries.every(({ state }) => state !== "waiting");
    if ((now === before && isDone) || performance.now() > end) return snapshot;
    before = now;
    await sleep(1_000);
  }
}
