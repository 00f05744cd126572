import type { Distribution, Measure } from "@parloir/contracts/stats.ts";
import { Figure } from "./figure.tsx";
import { endOf, measureNames } from "./headline.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

/** A bar for each bucket; its length is a share of the longest one of its measure. */
export function DistributionBars({ distribution }: { distribution: Distribution }) {
  const t = useStatsTexts();
  const { address } = useStats();
  return (
    <section className="metrics-section" data-testid="distribution">
      <h2>{t.distribution}</h2>
      {address.business && <p className="hint">{t.distributionClock}</p>}
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
  const { address } = useStats();
  const most = Math.max(1, ...counts);
  return (
    <table className="bars">
      <caption>{title}</caption>
      <tbody>
        {counts.map((count, index) => {
          const upTo = bounds[index] ?? null;
          const longerThan = bounds[index - 1] ?? null;
          return (
            <tr key={upTo ?? "longer"}>
              <th scope="row">{upTo === null ? t.longer(duration(longerThan)) : t.upTo(duration(upTo))}</th>
              <td>
                <Figure
                  n={count}
                  waits={{ measure, outcome: endOf(measure), longerThan, upTo, business: address.business }}
                />
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
