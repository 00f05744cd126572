import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats } from "./format.ts";
import { levelNames, levelReached } from "./health.ts";
import { Scroll } from "./scroll.tsx";
import { StateDot } from "./state.tsx";
import { metricsTexts } from "./texts.ts";

/** What the cluster promises, and what it kept of that in the last hour. */
export function Levels({ points }: { points: ClusterPoint[] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const { fine, percent, rate } = useMemo(() => createFigureFormats(language), [language]);
  return (
    <section className="metrics-section" data-testid="levels">
      <h2>{t.levels}</h2>
      <Scroll title={t.levels}>
        <table className="metrics-table">
          <thead>
            <tr>
              <th scope="col">{t.level}</th>
              <th scope="col">{t.state}</th>
              <th scope="col" className="figure">
                {t.levelObjective}
              </th>
              <th scope="col" className="figure">
                {t.levelGood}
              </th>
              <th scope="col" className="figure">
                {t.levelBudget}
              </th>
            </tr>
          </thead>
          <tbody>
            {levelNames.map((name) => {
              const { objective, good, budget } = levelReached(name, points);
              const state = good === null ? "unknown" : good >= objective ? "ready" : "degraded";
              return (
                <tr key={name} data-testid={`level-${name}`}>
                  <th scope="row" className="metrics-words">
                    {t.levelTitles[name]}
                  </th>
                  <td>
                    <span className="node-state">
                      <StateDot state={state} />
                      {t.levelStates[state]}
                    </span>
                  </td>
                  <td className="figure">{fine(objective)}</td>
                  <td className="figure">{good === null ? t.unknown : fine(good)}</td>
                  <td className="figure">
                    {budget === null ? t.unknown : budget < 0 ? t.spent(rate(1 - budget)) : percent(budget)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
