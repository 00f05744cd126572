import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation, FoundMessage } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useThreadUi } from "./thread-ui.tsx";

interface ThreadSearchProps {
  conversationId: string;
  conversation: Conversation | undefined;
  onClose: () => void;
}

type Found = { state: "idle" | "failed" } | { state: "found"; items: readonly FoundMessage[] };

/** A pause in typing after which it is looked for. */
const pauseMs = 250;

/** Looks for words in the messages of a thread, also in those that are not loaded. A result leads to its message. */
export default function ThreadSearch({ conversationId, conversation, onClose }: ThreadSearchProps) {
  const { t, formats } = useTexts();
  const ui = useThreadUi();
  const [words, setWords] = useState("");
  const found = useFound(conversationId, words.trim());
  const nameOf = (userId: string) =>
    conversation?.participants.find((one) => one.userId === userId)?.name ?? t.unnamed;

  return (
    <search
      className="thread-search"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        // It is for the search, not for what the thread stands in.
        event.preventDefault();
        onClose();
      }}
    >
      <div className="thread-search-field">
        <input
          type="search"
          value={words}
          placeholder={t.searchThread}
          aria-label={t.searchThread}
          maxLength={200}
          data-testid="thread-search"
          ref={(element) => {
            if (element && words === "") element.focus();
          }}
          onChange={(event) => setWords(event.target.value)}
        />
        <button
          type="button"
          className="button button-icon button-quiet"
          aria-label={t.closeSearch}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <p role="status" className="thread-search-status">
        {found.state === "failed" && t.searchFailed}
        {found.state === "found" && t.foundMessages(found.items.length)}
      </p>
      {found.state === "found" && found.items.length > 0 && (
        <ul className="thread-search-results">
          {found.items.map(({ message, snippet }) => (
            <li key={message.seq}>
              <button type="button" data-testid="found" onClick={() => ui?.jumpTo(message.seq)}>
                <span className="found-head">
                  <span>{nameOf(message.senderId)}</span>
                  <time dateTime={message.createdAt}>{formats.brief(new Date(message.createdAt))}</time>
                </span>
                <span dir="auto">
                  {snippet.map(({ text, match }, index) => {
                    const key = index; // Parts of one fixed text never move.
                    return match ? <mark key={key}>{text}</mark> : <span key={key}>{text}</span>;
                  })}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}

function useFound(conversationId: string, words: string): Found {
  const client = useClient();
  const [found, setFound] = useState<Found>({ state: "idle" });
  useEffect(() => {
    if (words === "") return setFound({ state: "idle" });
    let isCurrent = true;
    const timer = setTimeout(() => {
      const query = new URLSearchParams({ q: words, conversationId, limit: "50" });
      client.rest<Page<FoundMessage>>("GET", `/api/messages/search?${query}`).then(
        ({ items }) => isCurrent && setFound({ state: "found", items }),
        () => isCurrent && setFound({ state: "failed" }),
      );
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, conversationId, words]);
  return found;
}
