import { type ClusterView, isGone, type NodeRole, type NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { type ReactNode, useMemo, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats } from "./format.ts";
import { type DoHarm, HarmButtons } from "./harm-buttons.tsx";
import { columnsOf } from "./node-columns.ts";
import { metricsTexts } from "./texts.ts";

interface NodesProps {
  view: ClusterView;
  now: number;
  drain: (name: string) => Promise<void>;
  /** Null where one may not break things. */
  doHarm: DoHarm | null;
}

const roles: NodeRole[] = ["gateway", "api", "worker"];

/** A row per process, a table per role. */
export function Nodes(props: NodesProps) {
  return roles.map((role) => <RoleTable key={role} role={role} {...props} />);
}

function RoleTable({ role, view, now, drain, doHarm }: NodesProps & { role: NodeRole }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  const columns = useMemo(() => columnsOf(role, t, formats), [role, t, formats]);
  const nodes = view.nodes.filter((node) => node.role === role);
  const title = { gateway: t.gateways, api: t.apis, worker: t.workers }[role];
  return (
    <section className="metrics-section">
      <h2>{title}</h2>
      <div className="metrics-scroll">
        <table className="metrics-table" data-testid={`nodes-${role}`}>
          <thead>
            <tr>
              <th scope="col">{t.node}</th>
              <th scope="col">{t.state}</th>
              {columns.map(({ title: name }) => (
                <th scope="col" key={name} className="figure">
                  {name}
                </th>
              ))}
              {role === "gateway" && <th aria-label={t.drain} />}
              {doHarm && <th aria-label={t.chaos} />}
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.name} data-testid={`node-${node.name}`}>
                <th scope="row">{node.name}</th>
                <td>
                  <NodeState node={node} now={now} />
                </td>
                {columns.map(({ title: name, read }) => (
                  <td key={name} className="figure">
                    {(isGone(node, now) ? null : read(node)) ?? t.unknown}
                  </td>
                ))}
                {role === "gateway" && (
                  <td>
                    <DrainButton node={node} now={now} drain={drain} />
                  </td>
                )}
                {doHarm && (
                  <td className="harm">
                    <HarmButtons node={node} now={now} doHarm={doHarm} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function NodeState({ node, now }: { node: NodeSnapshot; now: number }): ReactNode {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const gone = isGone(node, now);
  const words = gone ? t.gone(Math.round((now - Date.parse(node.at)) / 1_000)) : t[node.state];
  return (
    <span className="node-state">
      <span className="state-dot" data-state={gone ? "gone" : node.state} />
      {words}
    </span>
  );
}

function DrainButton({ node, now, drain }: { node: NodeSnapshot; now: number; drain: NodesProps["drain"] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [failed, setFailed] = useState(false);
  if (isGone(node, now) || node.state === "draining") return null;

  async function ask() {
    if (!confirm(t.drainQuestion(node.name))) return;
    setFailed(false);
    await drain(node.name).catch(() => setFailed(true));
  }

  return (
    <>
      <button
        type="button"
        className="button button-outlined"
        aria-label={t.drainNode(node.name)}
        onClick={ask}
      >
        {t.drain}
      </button>
      {failed && <span role="alert"> {t.drainFailed}</span>}
    </>
  );
}
