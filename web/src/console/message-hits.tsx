import type { Page } from "@parloir/contracts/http.ts";
import type { FoundMessage } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

const pageSize = 50;

interface Hits {
  items: readonly FoundMessage[];
  next: string | null;
}

/** Messages that say it, in all support conversations; each leads to its own. */
export function MessageHits({ text, onOpen }: { text: string; onOpen: (conversationId: string) => void }) {
  const t = useConsoleTexts();
  const { t: words, formats } = useLanguage();
  const { hits, failed, more } = useHits(text);

  if (failed || !hits)
    return (
      <p className="empty" role="status">
        {failed ? words.listFailed : words.loading}
      </p>
    );
  if (hits.items.length === 0) return <p className="empty">{t.noMatches}</p>;
  return (
    <ul className="list-scroll hits" data-testid="hits">
      {hits.items.map(({ message, snippet }) => (
        <li key={message.id}>
          <button type="button" className="hit" onClick={() => onOpen(message.conversationId)}>
            <span dir="auto">
              {snippet.map((part, index) => {
                const key = `${message.id} ${index}`;
                return part.match ? <mark key={key}>{part.text}</mark> : <span key={key}>{part.text}</span>;
              })}
            </span>
            <time dateTime={message.createdAt}>{formats.brief(new Date(message.createdAt))}</time>
          </button>
        </li>
      ))}
      {more && (
        <li>
          <button type="button" className="hit hit-more" onClick={more}>
            {t.more}
          </button>
        </li>
      )}
    </ul>
  );
}

/** Page by page, as they are asked for. */
function useHits(text: string) {
  const { client } = useConsole();
  const [hits, setHits] = useState<Hits | null>(null);
  const [after, setAfter] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let ended = false;
    const query = new URLSearchParams({ limit: String(pageSize), q: text });
    if (after !== null) query.set("cursor", after);
    client.rest<Page<FoundMessage>>("GET", `/api/messages/search?${query}`).then(
      ({ items, nextCursor }) => {
        if (ended) return;
        setHits((former) => ({
          items: after !== null && former ? [...former.items, ...items] : items,
          next: nextCursor,
        }));
      },
      () => !ended && setFailed(true),
    );
    return () => {
      ended = true;
    };
  }, [client, text, after]);

  const next = hits?.next ?? null;
  return { hits, failed, more: next === null ? null : () => setAfter(next) };
}
