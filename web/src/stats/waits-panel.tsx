import type { Accountable, ListedWait } from "@parloir/contracts/stats.ts";
import { useEffect, useRef, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";
import { usePages } from "../use-pages.ts";
import { useTick } from "../use-tick.ts";
import { filtered, type WaitsBehind, waitsQuery } from "./address.ts";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";
import { weekdays } from "./week.ts";

const measureKeys = { first_reply: "firstReply", next_reply: "nextReply", resolution: "resolution" } as const;

/** Seconds of what waits move on while one looks. */
const openMs = 30_000;
const pageSize = 50;

/** What a figure is made of, as a list that leads into the conversations, and as a file. */
export function WaitsPanel({ waits }: { waits: WaitsBehind }) {
  const t = useStatsTexts();
  const stats = useStats();
  const query = useQuery(waits);
  const now = useTick(openMs);
  const { items, more, failed } = usePages<ListedWait>(
    stats.rest,
    `/api/stats/waits?${query}&limit=${pageSize}`,
    waits.outcome === "open" ? now : 0,
  );
  const [saving, setSaving] = useState<"saving" | "failed" | null>(null);
  const { panel, leave } = useArrival();

  async function save() {
    setSaving("saving");
    await stats.download(`/api/stats/waits.csv?${query}`, "waits.csv").then(
      () => setSaving(null),
      () => setSaving("failed"),
    );
  }

  return (
    <section
      ref={panel}
      tabIndex={-1}
      className="metrics-section waits-panel"
      aria-label={t.waits}
      data-testid="waits"
    >
      <div className="metrics-head">
        <h2>{t.waits}</h2>
        <p className="hint">{useDescription(waits, items?.[0]?.who ?? null)}</p>
        <span className="bar-gap" />
        <button
          type="button"
          className="button button-outlined"
          disabled={saving === "saving"}
          onClick={() => void save()}
        >
          {t.csv}
        </button>
        <button
          type="button"
          className="button button-quiet"
          onClick={() => {
            leave();
            stats.go({ waits: null });
          }}
        >
          {t.close}
        </button>
      </div>
      {(failed || saving === "failed") && <p role="alert">{failed ? t.failed : t.csvFailed}</p>}
      {items?.length === 0 && <p className="hint">{t.noWaits}</p>}
      {items && items.length > 0 && <WaitsTable items={items} />}
      {more && (
        <button type="button" className="button button-outlined" onClick={more}>
          {t.more}
        </button>
      )}
    </section>
  );
}

/** Of the range as it was when the list was opened: it does not begin anew under who reads it. */
function useQuery(waits: WaitsBehind): string {
  const { address, from, to, zone } = useStats();
  const [range] = useState({ from, to, zone });
  return filtered(waitsQuery(waits, range), address).toString();
}

/** The figure may lie far below its list: the page goes there, and back to the figure with the list's end. */
function useArrival() {
  const panel = useRef<HTMLElement>(null);
  const figure = useRef<Element | null>(null);
  useEffect(() => {
    figure.current = document.activeElement;
    if (figure.current === document.body) return;
    panel.current?.scrollIntoView({ block: "nearest" });
    panel.current?.focus({ preventScroll: true });
  }, []);
  return {
    panel,
    leave() {
      if (figure.current instanceof HTMLElement) figure.current.focus();
    },
  };
}

/** Which figure it is: the page may have gone far from it. @param who of one person's waits, that person */
function useDescription(waits: WaitsBehind, who: Accountable | null): string {
  const t = useStatsTexts();
  const { language } = useLanguage();
  const duration = useDuration();
  const { agentName } = useStats();
  const { measure, outcome, agentId, nobody, longerThan, upTo, hourOfWeek, anyTime } = waits;
  return [
    measure && t[measureKeys[measure]],
    anyTime ? t.waitingNow : outcome && t.outcome[outcome],
    (agentId !== null || nobody) && agentName(agentId, who),
    longerThan !== null && t.longer(duration(longerThan)),
    upTo !== null && t.upTo(duration(upTo)),
    hourOfWeek && `${weekdays(language, "long")[Number(hourOfWeek[0]) - 1]} ${Number(hourOfWeek.slice(2))} h`,
  ]
    .filter(Boolean)
    .join(", ");
}

function WaitsTable({ items }: { items: readonly ListedWait[] }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { formats } = useLanguage();
  const { agentName, address } = useStats();
  return (
    <div className="metrics-scroll">
      <table className="metrics-table">
        <thead>
          <tr>
            <th scope="col">{t.startedAt}</th>
            <th scope="col">{t.measureHead}</th>
            <th scope="col" className="figure">
              {t.took}
            </th>
            <th scope="col">{t.who}</th>
            <th scope="col">
              <span className="visually-hidden">{t.openConversation}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((wait) => (
            <tr key={`${wait.conversationId} ${wait.cycle} ${wait.startSeq}`}>
              <td>
                <time dateTime={wait.startedAt}>{formats.full(new Date(wait.startedAt))}</time>
              </td>
              <td>
                {t[measureKeys[wait.measure]]}, {t.outcome[wait.outcome]}
              </td>
              <td className="figure">{duration(address.business ? wait.businessSeconds : wait.seconds)}</td>
              <td>{agentName(wait.agentId ?? wait.assigneeId, wait.who)}</td>
              <td>{wait.kind === "support" && <ConversationLink id={wait.conversationId} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConversationLink({ id }: { id: string }) {
  const t = useStatsTexts();
  const address = `/admin/messages?status=any&conversation=${encodeURIComponent(id)}`;
  return (
    <a
      href={address}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(address);
      }}
    >
      {t.openConversation}
    </a>
  );
}
