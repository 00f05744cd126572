import type { NodeRole, NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { type ReactNode, useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats, type FigureFormats } from "./format.ts";
import { type Reach, reach } from "./health.ts";
import { isHeard, type Seen, type Standing, standingOf } from "./standing.ts";
import { StateDot, useStandingWords } from "./state.tsx";
import { type MetricsTexts, metricsTexts } from "./texts.ts";
import { type BalancerAnswer, useBalancer } from "./use-balancer.ts";

/**
 * The cluster as it hangs together, drawn with boxes and hairlines: balancer, gateways and apis from left to right, the
 * workers beside them, and below each store as wide as the processes that use it.
 */
export function Topology({ seen }: { seen: Seen }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  return (
    <section className="metrics-section" data-testid="topology">
      <h2>{t.topology}</h2>
      <div className="topology">
        <Balancer t={t} />
        {roles.map((role) => (
          <Processes key={role} role={role} seen={seen} t={t} formats={formats} />
        ))}
        {stores.map((store) => (
          <Store key={store} store={store} reached={reach(seen, store)} t={t} formats={formats} />
        ))}
      </div>
    </section>
  );
}

const roles = ["gateway", "api", "worker"] as const satisfies NodeRole[];
const stores = ["redis", "postgres", "queue"] as const;
type StoreName = (typeof stores)[number];

interface PlaceProps {
  name: string;
  state: Standing | "unknown";
  words: string;
  note: string | null;
  testId: string;
}

function Place({ name, state, words, note, testId }: PlaceProps): ReactNode {
  const text = note === null ? words : `${words} · ${note}`;
  return (
    <>
      <span className="topology-name" data-testid={testId} data-state={state}>
        <StateDot state={state} />
        {name}
      </span>
      <span className="topology-words" title={text}>
        {text}
      </span>
    </>
  );
}

function Balancer({ t }: { t: MetricsTexts }) {
  const { state, words } = balancerStanding(useBalancer(), t);
  return (
    <div className="topology-column" data-column="balancer">
      <h3>{t.balancer}</h3>
      <div className="topology-place">
        <Place name="HAProxy" state={state} words={words} note={null} testId="place-balancer" />
      </div>
    </div>
  );
}

function balancerStanding(
  answered: BalancerAnswer | null | undefined,
  t: MetricsTexts,
): { state: Standing | "unknown"; words: string } {
  if (answered === undefined) return { state: "unknown", words: t.unknown };
  if (answered === null) return { state: "gone", words: t.answersNot };
  if (!answered.hasApi) return { state: "degraded", words: t.answersWithoutApi };
  return { state: "ready", words: t.answersHere(Math.round(answered.ms)) };
}

interface DrawnProps {
  seen: Seen;
  t: MetricsTexts;
  formats: FigureFormats;
}

function Processes({ role, seen, t, formats }: DrawnProps & { role: NodeRole }) {
  const words = useStandingWords(seen);
  const titles = { gateway: t.gateways, api: t.apis, worker: t.workers };
  return (
    <div className="topology-column" data-column={role}>
      <h3>{titles[role]}</h3>
      <ul>
        {seen.view.nodes
          .filter((node) => node.role === role)
          .map((node) => (
            <li className="topology-place" key={node.name}>
              <Place
                name={node.name}
                state={standingOf(node, seen)}
                words={words(node)}
                note={isHeard(node, seen) ? noteOf(node, t, formats) : null}
                testId={`place-${node.name}`}
              />
            </li>
          ))}
      </ul>
      <div className="topology-drop" aria-hidden="true">
        {stores.map((store) => (
          <Wire key={store} role={role} store={store} seen={seen} />
        ))}
      </div>
    </div>
  );
}

/** What a process does not reach, or else how busy it is. */
function noteOf(node: NodeSnapshot, t: MetricsTexts, { count, rate }: FigureFormats): string | null {
  // A replica has no place of its own: without it the primary reads.
  const missing = ([...stores, "replicas"] as const)
    .filter((store) => node.checks[store] === "degraded")
    .map((store) => t[store]);
  if (missing.length > 0) return t.withoutStores(missing.join(", "));
  if (node.gateway) return t.socketsOf(node.gateway.sockets, count(node.gateway.sockets));
  if (node.api) return `${rate(node.api.requestsPerSecond)} ${t.perSecond}`;
  return node.worker ? `${rate(node.worker.jobsPerSecond)} ${t.perSecond}` : null;
}

interface StoreProps {
  store: StoreName;
  reached: Reach;
  t: MetricsTexts;
  formats: FigureFormats;
}

function Store({ store, reached: { ok, of, seconds }, t, formats }: StoreProps) {
  const state = of === 0 ? "unknown" : ok === of ? "ready" : ok > 0 ? "degraded" : "gone";
  const words = state === "unknown" ? t.notKnown : state === "gone" ? t.answersNot : t.reachedBy(ok, of);
  const note = seconds === null ? null : t.answersIn(formats.milliseconds(seconds));
  return (
    <div className="topology-place topology-store" data-store={store}>
      <Place
        name={t[store]}
        state={state}
        words={words}
        note={state === "gone" ? null : note}
        testId={`place-${store}`}
      />
    </div>
  );
}

/** From the processes of a role to a store that they use; broken as soon as one of them does not reach it. */
function Wire({ role, store, seen }: { role: NodeRole; store: StoreName; seen: Seen }) {
  const users = seen.view.nodes.filter((node) => node.role === role && store in node.checks);
  if (users.length === 0) return null;
  const isBroken = users.some((node) => isHeard(node, seen) && node.checks[store] === "degraded");
  return <span className="topology-wire" data-store={store} data-broken={isBroken || undefined} />;
}
