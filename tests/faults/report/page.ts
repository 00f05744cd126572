import type { Figures, Spread } from "./figures.ts";

/** The report as one file: no script, no font, nothing loaded from elsewhere. */
export function reportPage(figures: Figures): string {
  const { options, seconds, messages, faults, verdicts } = figures;
  const red = verdicts.filter(({ violations }) => violations > 0);
  const verdict = red.length === 0 ? "All promises kept" : `${red.length} promises broken`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>prove: seed ${options.seed}</title>
<style>${style}</style>
<h1 class="${red.length === 0 ? "kept" : "broken"}">${verdict}</h1>
<p>Seed ${options.seed}, ${Math.round(seconds)} s, ${options.rate} messages/s, ${options.clients} clients,
${options.gateways} gateways, ${options.apis} apis, ${options.workers} workers: ${messages} messages,
${faults.length} faults.</p>
<h2>Time line</h2>
${timeLine(figures)}
<p class="note">Each bar is a fault, its pale end the time until every client was connected, answered and up to date
again. Above it, per second, the slowest delivery (logarithmic, 10 ms to 100 s) of the messages sent then.</p>
<h2>Latency, milliseconds</h2>
${latencyTable(figures)}
<h2>Kinds of faults</h2>
${kindTable(figures)}
<h2>Repairs</h2>
<p>Of the messages that gateways released, ${(100 * figures.pushShare.quiet).toFixed(2)} % outside faults and
${(100 * figures.pushShare.all).toFixed(2)} % in all came by publish, the rest by repair. Clients connected ${figures.connections} times and emitted ${figures.emissions} sends.</p>
${counterTable(figures)}
<h2>Promises</h2>
${verdictTable(figures)}
<h2>Faults</h2>
${faultTable(figures)}
</html>
`;
}

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1a2230, #dde3ec); --soft: light-dark(#66738a, #8d99ad);
  --line: light-dark(#d9dfe8, #313b4b); --bar: light-dark(#b3452f, #e58a72); --pale: light-dark(#e9b9ac, #7c4a3e);
  --curve: light-dark(#2d6a9f, #7db4e0); background: light-dark(#fff, #12161d); color: var(--ink); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1.kept { color: light-dark(#1d6b41, #7ccf9f); } h1.broken { color: var(--bar); }
h2 { margin-top: 2.2rem; font-size: 1.15rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
th { color: var(--soft); font-weight: 500; } .note { color: var(--soft); max-width: 46rem; }
.red { color: var(--bar); font-weight: 600; } svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 11px; }
pre { white-space: pre-wrap; margin: .2rem 0; font-size: 12px; }
`;

const width = 1_100;
const left = 150;
const curveHeight = 90;
const rowHeight = 15;

function timeLine({ kinds, faults, perSecond, seconds }: Figures): string {
  const x = (ms: number) => left + ((width - left) * Math.min(ms / 1_000, seconds)) / seconds;
  const y = (ms: number) =>
    curveHeight - (curveHeight / 4) * Math.max(0, Math.min(4, Math.log10(Math.max(ms, 10)) - 1));
  const curve = perSecond.map(
    ({ slowestMs }, second) => `${x((second + 0.5) * 1_000).toFixed(1)},${y(slowestMs).toFixed(1)}`,
  );
  const rows = kinds.map(({ kind }, row) => {
    const top = curveHeight + 12 + row * rowHeight;
    const bars = faults
      .filter((fault) => fault.kind === kind)
      .map(({ from, to, stable, target, evidence }) => {
        const end = Number.isNaN(stable) ? seconds * 1_000 : Math.max(stable, to);
        const title = `<title>${escaped(`${target}: ${evidence.join("; ")}`)}</title>`;
        return `<g>${title}${bar(x(from), x(end), top, "pale")}${bar(x(from), x(to), top, "bar")}</g>`;
      });
    return `<text x="0" y="${top + 10}">${kind}</text>${bars.join("")}`;
  });
  const height = curveHeight + 30 + kinds.length * rowHeight;
  const minutes = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) => {
    const at = x(minute * 60_000).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="0" y2="${height - 16}" stroke="var(--line)"/><text x="${at}" y="${height - 4}">${minute} min</text>`;
  });
  const labels = [10, 100, 1_000, 10_000, 100_000].map(
    (ms) => `<text x="${left - 60}" y="${y(ms) + 4}">${ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`}</text>`,
  );
  return `<svg viewBox="0 -10 ${width} ${height + 10}" role="img" aria-label="Faults over time">
${minutes.join("")}${labels.join("")}
<polyline points="${curve.join(" ")}" fill="none" stroke="var(--curve)" stroke-width="1.2"/>
${rows.join("\n")}</svg>`;
}

function bar(from: number, to: number, top: number, color: string): string {
  const wide = Math.max(2, to - from).toFixed(1);
  return `<rect x="${from.toFixed(1)}" y="${top}" width="${wide}" height="${rowHeight - 4}" rx="1" fill="var(--${color})"/>`;
}

function latencyTable({ ack, delivery }: Figures): string {
  const row = (name: string, spread: Spread) => `<tr><td>${name}<td>${spread.count}${cells(spread)}</tr>`;
  return `<table><tr><th>from enter to …<th>n<th>p50<th>p99<th>max</tr>
${row("ack, no fault on its way", ack.quiet)}${row("ack, in a fault", ack.faulty)}
${row("another device, no fault on its way", delivery.quiet)}${row("another device, in a fault", delivery.faulty)}</table>`;
}

const cells = ({ p50, p99, max }: Spread) => [p50, p99, max].map((ms) => `<td>${Math.round(ms)}`).join("");

function kindTable({ kinds }: Figures): string {
  const rows = kinds.map(
    ({ kind, count, worstStableMs, ack, delivery }) =>
      `<tr><td>${kind}<td>${count}<td>${(worstStableMs / 1_000).toFixed(1)}${cells(ack)}${cells(delivery)}</tr>`,
  );
  return `<table><tr><th>kind<th>n<th>worst time to stable, s<th>ack p50, ms<th>p99<th>max<th>delivery p50, ms<th>p99<th>max</tr>
${rows.join("")}</table>`;
}

function counterTable({ counters }: Figures): string {
  const rows = Object.entries(counters).sort(([a], [b]) => a.localeCompare(b));
  return `<table>${rows.map(([name, value]) => `<tr><td>${escaped(name)}<td>${value}</tr>`).join("")}</table>`;
}

function verdictTable({ verdicts }: Figures): string {
  const rows = verdicts.map(({ rule, promise, violations, examples }) => {
    const shown = examples.slice(0, 5).map(escaped).join("\n");
    const result =
      violations === 0 ? "kept" : `<span class="red">broken ${violations} times</span><pre>${shown}</pre>`;
    return `<tr><td>${rule}<td class="text">${escaped(promise)}<td class="text">${result}</tr>`;
  });
  return `<table><tr><th>rule<th class="text">promise<th class="text">verdict</tr>${rows.join("")}</table>`;
}

function faultTable({ faults }: Figures): string {
  const rows = faults.map(
    ({ number, kind, target, from, to, stable, evidence }) =>
      `<tr><td>${number}<td>${(from / 1_000).toFixed(1)}<td class="text">${kind}<td class="text">${target}<td>${((to - from) / 1_000).toFixed(1)}<td>${((stable - to) / 1_000).toFixed(1)}<td class="text">${escaped(evidence.join("; "))}</tr>`,
  );
  return `<table><tr><th>no.<th>at, s<th class="text">kind<th class="text">target<th>lasted, s<th>to stable, s<th class="text">what was seen</tr>${rows.join("")}</table>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
