import type { Page } from "@parloir/contracts/http.ts";
import type { FoundMessage } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

type Hits = { state: "loading" | "failed" } | { state: "ready"; items: FoundMessage[] };

/** Messages that say it, in all support conversations; each leads to its own. */
export function MessageHits({ text, onOpen }: { text: string; onOpen: (conversationId: string) => void }) {
  const t = useConsoleTexts();
  const { t: words, formats } = useLanguage();
  const { client } = useConsole();
  const [hits, setHits] = useState<Hits>({ state: "loading" });

  useEffect(() => {
    let ended = false;
    setHits({ state: "loading" });
    client
      .rest<Page<FoundMessage>>("GET", `/api/messages/search?limit=50&q=${encodeURIComponent(text)}`)
      .then(({ items }) => !ended && setHits({ state: "ready", items }))
      .catch(() => !ended && setHits({ state: "failed" }));
    return () => {
      ended = true;
    };
  }, [client, text]);

  if (hits.state !== "ready")
    return (
      <p className="empty" role="status">
        {hits.state === "loading" ? words.loading : words.listFailed}
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
    </ul>
  );
}
