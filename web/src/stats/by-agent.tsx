import type { MeasureFigures, ResponseTimes } from "@parloir/contracts/stats.ts";
import { Figure } from "./figure.tsx";
import { endOf, measureNames } from "./headline.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

const allOf = (group: MeasureFigures) =>
  measureNames.reduce((sum, [, name]) => sum + group[name].n + group[name].unanswered + group[name].open, 0);

type Group = NonNullable<ResponseTimes["groups"]>[number];

const isOfTeam = ({ key, who }: Group) => key === null || who?.role === "agent" || who?.role === "admin";

/**
 * Who answered, or who let it wait; the key null is nobody. Behind the team stand those who answer for themselves, as
 * sellers do in direct conversations: the figures above are of those as well, unless the kind is chosen.
 */
export function ByAgent({ times }: { times: ResponseTimes }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { agentName, address } = useStats();
  const [team, others] = [true, false].map((wanted) =>
    (times.groups ?? []).filter((group) => isOfTeam(group) === wanted),
  );
  const groups = [...team!, ...others!];
  if (groups.length === 0) return null;
  const of = (key: string | null) => (key === null ? { nobody: true } : { agentId: key });
  return (
    <section className="metrics-section" data-testid="by-agent">
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
              <th scope="col" className="figure">
                {t.openShort}
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key ?? ""}>
                <th scope="row">
                  <Figure n={allOf(group)} waits={of(group.key)}>
                    {agentName(group.key, group.who)}
                  </Figure>
                  {!isOfTeam(group) && <span className="hint"> {t.notOfTeam}</span>}
                </th>
                {measureNames.flatMap(([measure, name]) => {
                  const { n, business, ...calendar } = group[name];
                  const { p50, p90 } = address.business ? business : calendar;
                  return [
                    <td key={`${name} p50`} className="figure">
                      {duration(p50)}
                    </td>,
                    <td key={`${name} p90`} className="figure">
                      {duration(p90)}
                    </td>,
                    <td key={`${name} n`} className="figure">
                      <Figure n={n} waits={{ measure, outcome: endOf(measure), ...of(group.key) }} />
                    </td>,
                  ];
                })}
                <td className="figure">
                  <Figure
                    n={group.firstReply.unanswered + group.nextReply.unanswered}
                    waits={{ outcome: "closed_unanswered", ...of(group.key) }}
                  />
                </td>
                <td className="figure">
                  <Figure
                    n={group.firstReply.open + group.nextReply.open}
                    waits={{ outcome: "open", ...of(group.key) }}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
