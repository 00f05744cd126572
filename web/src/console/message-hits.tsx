import type { FoundMessage } from "@parloir/contracts/shapes.ts";
import { useLanguage } from "../languages/language.tsx";
import { usePages } from "../use-pages.ts";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

const pageSize = 50;

/** Messages that say it, in all support conversations; each leads to its own. */
export function MessageHits({ text, onOpen }: { text: string; onOpen: (conversationId: string) => void }) {
  const t = useConsoleTexts();
  const { t: words, formats } = useLanguage();
  const { client } = useConsole();
  const query = new URLSearchParams({ limit: String(pageSize), q: text });
  const { items, failed, more } = usePages<FoundMessage>(client.rest, `/api/messages/search?${query}`);

  if (!items)
    return (
      <p className="empty" role="status">
        {failed ? words.listFailed : words.loading}
      </p>
    );
  if (items.length === 0) return <p className="empty">{t.noMatches}</p>;
  return (
    <ul className="list-scroll hits" data-testid="hits">
      {items.map(({ message, snippet, customerName }) => (
        <li key={message.id}>
          <button type="button" className="hit" onClick={() => onOpen(message.conversationId)}>
            <span dir="auto">
              {customerName !== undefined && <strong className="hit-who">{customerName}</strong>}
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
            {failed ? words.tryAgain : t.more}
          </button>
        </li>
      )}
    </ul>
  );
}
