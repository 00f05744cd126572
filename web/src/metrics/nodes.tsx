import type { NodeRole, NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { useMemo, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats } from "./format.ts";
import { type DoHarm, HarmButtons } from "./harm-buttons.tsx";
import { columnsOf } from "./node-columns.ts";
import { Scroll } from "./scroll.tsx";
import { type Seen, standingOf } from "./standing.ts";
import { StateDot, useStandingWords } from "./state.tsx";
import { metricsTexts } from "./texts.ts";

interface NodesProps {
  seen: Seen;
  drain: (name: string) => Promise<void>;
  /** Null where one may not break things. */
  doHarm: DoHarm | null;
}

const roles: NodeRole[] = ["gateway", "api", "worker"];

/** A row per process, a table per role. */
export function Nodes(props: NodesProps) {
  return roles.map((role) => <RoleTable key={role} role={role} {...props} />);
}

function RoleTable({ role, seen, drain, doHarm }: NodesProps & { role: NodeRole }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  const columns = useMemo(() => columnsOf(role, t, formats), [role, t, formats]);
  const nodes = seen.view.nodes.filter((node) => node.role === role);
  const title = { gateway: t.gateways, api: t.apis, worker: t.workers }[role];
  return (
    <section className="metrics-section">
      <h2>{title}</h2>
      <Scroll title={title}>
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
              <tr
                key={node.name}
                data-testid={`node-${node.name}`}
                data-stale={standingOf(node, seen) === "stale" || undefined}
              >
                <th scope="row">{node.name}</th>
                <td>
                  <NodeState node={node} seen={seen} />
                </td>
                {columns.map(({ title: name, read }) => (
                  <td key={name} className="figure">
                    {(standingOf(node, seen) === "gone" ? null : read(node)) ?? t.unknown}
                  </td>
                ))}
                {role === "gateway" && (
                  <td>
                    <DrainButton node={node} seen={seen} drain={drain} />
                  </td>
                )}
                {doHarm && (
                  <td className="harm">
                    <HarmButtons node={node} seen={seen} doHarm={doHarm} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function NodeState({ node, seen }: { node: NodeSnapshot; seen: Seen }) {
  const words = useStandingWords(seen);
  return (
    <span className="node-state">
      <StateDot state={standingOf(node, seen)} />
      {words(node)}
    </span>
  );
}

interface DrainButtonProps {
  node: NodeSnapshot;
  seen: Seen;
  drain: NodesProps["drain"];
}

function DrainButton({ node, seen, drain }: DrainButtonProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [failed, setFailed] = useState(false);
  if (["gone", "draining"].includes(standingOf(node, seen))) return null;

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
