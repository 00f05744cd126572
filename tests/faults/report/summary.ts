import type { Figures } from "./figures.ts";

const examplesShown = 5;

/** The verdict for the terminal; its last line is the one to read. */
export function summaryOf(figures: Figures): string[] {
  const { options, messages, faults, verdicts, ack, delivery, pushShare, kinds } = figures;
  const red = verdicts.filter(({ violations }) => violations > 0);
  const ms = (value: number) => `${Math.round(value)} ms`;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const lines = [
    "",
    `  ack       p50 ${ms(ack.quiet.p50)}, p99 ${ms(ack.quiet.p99)}; in faults p50 ${ms(ack.faulty.p50)}, p99 ${ms(ack.faulty.p99)}`,
    `  delivery  p50 ${ms(delivery.quiet.p50)}, p99 ${ms(delivery.quiet.p99)}; in faults p50 ${ms(delivery.faulty.p50)}, p99 ${ms(delivery.faulty.p99)}`,
    `  by push   ${percent(pushShare.quiet)} of what gateways released outside faults, ${percent(pushShare.all)} of all`,
  ];
  for (const { kind, count, worstStableMs } of kinds)
    lines.push(`  ${kind.padEnd(22)} ${count} times, stable within ${(worstStableMs / 1_000).toFixed(1)} s`);
  for (const { rule, promise, violations, examples } of red) {
    lines.push("", `✗ ${rule}: ${promise} Broken ${violations} times:`);
    lines.push(...examples.slice(0, examplesShown).map((example) => `    ${example}`));
  }
  const verdict =
    red.length === 0 ? "all promises kept" : `broken: ${red.map(({ rule }) => rule).join(", ")}`;
  lines.push("", `prove: seed ${options.seed}, ${messages} messages, ${faults.length} faults: ${verdict}`);
  return lines;
}
