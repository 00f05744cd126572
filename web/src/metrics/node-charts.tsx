import type { NodeRole } from "@parloir/contracts/cluster.ts";
import { figuresFor, type NodesPoint } from "@parloir/contracts/node-history.ts";
import { useId, useMemo, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { Chart } from "./chart.tsx";
import { createFigureFormats } from "./format.ts";
import { nodeNames, nodeSeries, scaleOf } from "./node-series.ts";
import { Segmented } from "./segmented.tsx";
import { metricsTexts } from "./texts.ts";

/** Each process's figures over time: those of a role compared, or one alone. */
export function NodeCharts({ points }: { points: NodesPoint[] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [role, setRole] = useState<NodeRole>("gateway");
  const [chosen, setChosen] = useState<string | null>(null);
  const selectId = useId();
  const names = nodeNames(points, role);
  // Who is gone from all points is chosen no more.
  const node = chosen !== null && names.includes(chosen) ? chosen : null;
  const shown = node === null ? names : [node];

  return (
    <div className="metrics-section" data-testid="node-history">
      <div className="metrics-section-head">
        <h3>{t.byProcess}</h3>
        <Segmented
          label={t.role}
          names={{ gateway: t.gateways, api: t.apis, worker: t.workers }}
          chosen={role}
          choose={setRole}
        />
        <label htmlFor={selectId} className="visually-hidden">
          {t.node}
        </label>
        <select
          id={selectId}
          className="field"
          value={node ?? ""}
          onChange={(event) => setChosen(event.target.value || null)}
        >
          <option value="">{t.allCompared}</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      {names.length === 0 ? (
        <p className="hint">{t.byProcessNone}</p>
      ) : (
        <NodeFigureCharts role={role} names={shown.join(" ")} points={points} />
      )}
    </div>
  );
}

interface NodeFigureChartsProps {
  role: NodeRole;
  /** One text, so that the same names are the same series. */
  names: string;
  points: NodesPoint[];
}

function NodeFigureCharts({ role, names, points }: NodeFigureChartsProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const charts = useMemo(() => {
    const formats = createFigureFormats(language);
    return figuresFor(role).map((figure) => {
      const scale = scaleOf(figure, t, formats);
      return { figure, ...scale, series: nodeSeries(figure, names.split(" "), scale.times) };
    });
  }, [role, names, language, t]);
  return (
    <div className="charts">
      {charts.map(({ figure, unit, format, whole, series }) => (
        <Chart
          key={figure}
          title={t.nodeFigures[figure]}
          unit={unit}
          points={points}
          series={series}
          format={format}
          whole={whole}
        />
      ))}
    </div>
  );
}
