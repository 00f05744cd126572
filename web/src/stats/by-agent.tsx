import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { measureNames } from "./headline.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

/** Who answered, or who let it wait; the key null is nobody. */
export function ByAgent({ times }: { times: ResponseTimes }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { agentName, show, address } = useStats();
  const groups = times.groups ?? [];
  if (groups.length === 0) return null;
  const of = (key: string | null) => (key === null ? { nobody: true } : { agentId: key });
  return (
    <section className="metrics-section">
      <h2>{t.byAgent}</h2>
      <div className="metrics-scroll">
        <table className="metrics-table">
          <thead>
            <tr>
              <th scope="col">{t.agent}</th>
              {measureNames.flatMap(([, name]) =>
                [t.median, t.p90, t.n].map((part) => (
                  <th scope="col" key={`${name} ${part}`} className="figure">
                    {t[name]}, {part}
                  </th>
                )),
              )}
              <th scope="col" className="figure">
                {t.unansweredShort}
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key ?? ""}>
                <th scope="row">
                  <button type="button" className="figure-link" onClick={() => show(of(group.key))}>
                    {agentName(group.key)}
                  </button>
                </th>
                {measureNames.flatMap(([measure, name]) => {
                  const { p50, p90, n } = address.business ? group[name].business : group[name];
                  return [
                    <td key={`${name} p50`} className="figure">
                      {duration(p50)}
                    </td>,
                    <td key={`${name} p90`} className="figure">
                      {duration(p90)}
                    </td>,
                    <td key={`${name} n`} className="figure">
                      <button
                        type="button"
                        className="figure-link"
                        onClick={() => show({ measure, ...of(group.key) })}
                      >
                        {n}
                      </button>
                    </td>,
                  ];
                })}
                <td className="figure">
                  <button
                    type="button"
                    className="figure-link"
                    onClick={() => show({ outcome: "closed_unanswered", ...of(group.key) })}
                  >
                    {group.firstReply.unanswered + group.nextReply.unanswered}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
