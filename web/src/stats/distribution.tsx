import type { Distribution, Measure } from "@parloir/contracts/stats.ts";
import { measureNames } from "./headline.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

/** A bar for each bucket; its length is a share of the longest one of its measure. */
export function DistributionBars({ distribution }: { distribution: Distribution }) {
  const t = useStatsTexts();
  return (
    <section className="metrics-section">
      <h2>{t.distribution}</h2>
      <div className="distributions">
        {measureNames.map(([measure, name]) => (
          <Bars
            key={measure}
            measure={measure}
            title={t[name]}
            bounds={distribution.bounds}
            counts={distribution[name]}
          />
        ))}
      </div>
    </section>
  );
}

interface BarsProps {
  measure: Measure;
  title: string;
  bounds: readonly number[];
  counts: readonly number[];
}

function Bars({ measure, title, bounds, counts }: BarsProps) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { show } = useStats();
  const most = Math.max(1, ...counts);
  return (
    <table className="bars">
      <caption>{title}</caption>
      <tbody>
        {counts.map((count, index) => {
          const upTo = bounds[index] ?? null;
          const longerThan = bounds[index - 1] ?? null;
          const outcome = measure === "resolution" ? "resolved" : "answered";
          return (
            <tr key={upTo ?? "longer"}>
              <th scope="row">{upTo === null ? t.longer(duration(longerThan)) : t.upTo(duration(upTo))}</th>
              <td>
                <button
                  type="button"
                  className="figure-link"
                  disabled={count === 0}
                  onClick={() => show({ measure, outcome, longerThan, upTo })}
                >
                  {count}
                </button>
              </td>
              <td className="bar-cell" aria-hidden="true">
                <meter min={0} max={most} value={count} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
