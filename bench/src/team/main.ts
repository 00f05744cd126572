import { loadavg } from "node:os";
import { startStage } from "../../../tests/browser/stage.ts";
import { UsageError } from "../options.ts";
import { type ConsoleLag, measureConsole } from "./console-lag.ts";
import { measureMetricsPage, snapshotShare } from "./metrics-cost.ts";
import { parseTeamOptions, teamUsage } from "./options.ts";

/** Of a gateway's CPU: what the metrics page may cost. */
const allowedShare = 0.01;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const ms = (value: number) => `${value.toFixed(0)} ms`;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  const options = parseTeamOptions(process.argv.slice(2));
  if (options.help) return console.log(teamUsage);
  // Nobody writes but those who are measured.
  const stage = await startStage({ viewport: { width: 1_280, height: 800 } }, { CANARY_MS: "0" });
  try {
    const { gateway, closed, open } = await measureMetricsPage(stage, options);
    const snapshots = await snapshotShare();
    const cost = median(open) - median(closed) + snapshots;
    console.log(`the metrics page, of one core of ${gateway}, ${options.rounds} × ${options.seconds} s each
  closed ${closed.map(percent).join(", ")}
  open   ${open.map(percent).join(", ")}
  of which, open or closed, ${percent(snapshots)} for the snapshots
  costs  ${percent(cost)}: ${cost < allowedShare ? "kept" : "NOT kept"} (under ${percent(allowedShare)})`);
    const { firstRowMs, allLoadedMs, first, all } = await measureConsole(stage, options);
    console.log(`the console with ${options.conversations} open conversations
  first row after ${ms(firstRowMs)}, all loaded by scrolling after ${ms(allLoadedMs)}`);
    for (const lag of [first, all]) console.log(`  ${lineOf(lag)}`);
    console.log(`load average ${loadavg()[0]!.toFixed(1)}`);
  } finally {
    await stage.stop();
  }
}

function lineOf({ loaded, rows, nextKey, scrolling, arriving }: ConsoleLag): string {
  const still = (value: number) => (value === 0 ? "never still for 50 ms" : `still for ${ms(value)} at most`);
  return `${loaded} loaded, ${rows} rows: next by key ${ms(median(nextKey))} (median), scrolling ${still(scrolling)}, messages arriving ${still(arriving)}`;
}

main().catch((error: Error) => {
  console.error(error instanceof UsageError ? `${error.message}\n\n${teamUsage}` : error);
  process.exit(1);
});
