import { escaped } from "./junit.ts";
import { countsOf, type Result, rounded, trendsOf } from "./result.ts";

/** One file that anybody can open: no script, nothing from elsewhere. */
export function pageOf(result: Result): string {
  const title = `${result.scenarios.join(", ")}: ${result.passed ? "passed" : "failed"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1 data-ok="${result.passed}">${escaped(title)}</h1>
<p>${escaped(about(result))}</p>
<h2>Service levels</h2>
${judgements(result)}
<h2>Times, in milliseconds</h2>
${trends(result)}
<h2>Counts and shares</h2>
${table(
  ["metric", "value"],
  countsOf(result).map(([name, value]) => [name, rounded(value)]),
)}
</main>
</body>
</html>
`;
}

function about({ url, at, seconds, run, instance, instances }: Result): string {
  const part = instances > 1 ? `, machine ${instance + 1} of ${instances} (this machine's figures only)` : "";
  return `${url}, ended ${at}, ${rounded(seconds)} s, run ${run}${part}`;
}

function judgements({ thresholds, checks }: Result): string {
  const rows = [
    ...thresholds.map(({ ok, metric, expression, measured }) => ({
      ok,
      cells: [metric, expression, measured === null ? "no sample" : rounded(measured)],
    })),
    ...checks.map(({ name, passes, fails }) => ({
      ok: fails === 0,
      cells: [name, "every check", `${passes} of ${passes + fails}`],
    })),
  ];
  const lines = rows.map(
    ({ ok, cells }) =>
      `<tr data-ok="${ok}"><td>${ok ? "held" : "broken"}</td>${cells.map(cell).join("")}</tr>`,
  );
  return framed(["", "of", "wanted", "measured"], lines);
}

function trends(result: Result): string {
  const statistics = ["count", "med", "p(95)", "p(99)", "max"];
  const rows = trendsOf(result).map(([name, values]) => [
    name,
    ...statistics.map((each) => (values[each] === undefined ? "–" : rounded(values[each]))),
  ]);
  return table(["metric", ...statistics], rows);
}

function table(heads: string[], rows: string[][]): string {
  return framed(
    heads,
    rows.map((cells) => `<tr>${cells.map(cell).join("")}</tr>`),
  );
}

function framed(heads: string[], lines: string[]): string {
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${lines.join("\n")}\n</tbody></table>`;
}

const cell = (text: string) => `<td>${escaped(text)}</td>`;

const styles = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; overflow-x: auto; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; }
[data-ok="false"] { color: light-dark(#b3261e, #ff8a80); font-weight: 600; }
`;
