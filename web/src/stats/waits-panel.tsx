import type { Page } from "@parloir/contracts/http.ts";
import type { WaitLine } from "@parloir/contracts/stats.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";
import { type WaitsBehind, waitsQuery } from "./address.ts";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

const measureKeys = { first_reply: "firstReply", next_reply: "nextReply", resolution: "resolution" } as const;

/** What a figure is made of, as a list that leads into the conversations, and as a file. */
export function WaitsPanel({ waits }: { waits: WaitsBehind }) {
  const t = useStatsTexts();
  const stats = useStats();
  const { address, from, to, zone } = stats;
  const query = waitsQuery({ ...waits, agentId: waits.agentId ?? address.agentId });
  // What waits now is all of it, whenever it began.
  if (waits.outcome !== "open") {
    query.set("from", from);
    query.set("to", to);
  }
  if (address.kind !== null) query.set("kind", address.kind);
  if (waits.hourOfWeek !== null) query.set("zone", zone);
  const { items, more, failed } = useWaits(query.toString());
  const [saving, setSaving] = useState(false);

  async function save() {
    setSaving(true);
    await stats.download(`/api/stats/waits.csv?${query}`, "waits.csv").catch(() => undefined);
    setSaving(false);
  }

  return (
    <section className="metrics-section waits-panel" aria-label={t.waits} data-testid="waits">
      <div className="metrics-head">
        <h2>{t.waits}</h2>
        <span className="bar-gap" />
        <button
          type="button"
          className="button button-outlined"
          disabled={saving}
          onClick={() => void save()}
        >
          {t.csv}
        </button>
        <button type="button" className="button button-quiet" onClick={() => stats.go({ waits: null })}>
          {t.close}
        </button>
      </div>
      {failed && <p role="alert">{t.failed}</p>}
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

function useWaits(query: string) {
  const { rest } = useStats();
  const [pages, setPages] = useState<{ query: string; items: WaitLine[]; next: string | null } | null>(null);
  const [cursor, setCursor] = useState<{ query: string; cursor: string } | null>(null);
  const [failed, setFailed] = useState(false);
  const after = cursor?.query === query ? cursor.cursor : null;

  useEffect(() => {
    let ended = false;
    setFailed(false);
    const page = after === null ? "" : `&cursor=${encodeURIComponent(after)}`;
    rest<Page<WaitLine>>("GET", `/api/stats/waits?${query}&limit=50${page}`).then(
      ({ items, nextCursor }) => {
        if (ended) return;
        setPages((former) => ({
          query,
          items: after !== null && former?.query === query ? [...former.items, ...items] : items,
          next: nextCursor,
        }));
      },
      () => !ended && setFailed(true),
    );
    return () => {
      ended = true;
    };
  }, [rest, query, after]);

  const present = pages?.query === query ? pages : null;
  const next = present?.next ?? null;
  return {
    items: present?.items ?? null,
    failed,
    more: next === null ? null : () => setCursor({ query, cursor: next }),
  };
}

function WaitsTable({ items }: { items: readonly WaitLine[] }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { formats } = useLanguage();
  const { agentName, address } = useStats();
  return (
    <div className="metrics-scroll">
      <table className="metrics-table">
        <thead>
          <tr>
            {[t.startedAt, t.measureHead, t.took, t.who].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
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
              <td>{agentName(wait.agentId ?? wait.assigneeId)}</td>
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
