import { conversationStatuses, supportViews } from "@parloir/contracts/shapes.ts";
import { useEffect, useRef, useState } from "react";
import type { ConsoleAddress } from "./address.ts";
import { useConsoleTexts } from "./desk-context.tsx";

interface FiltersProps {
  address: ConsoleAddress;
  go: (change: Partial<ConsoleAddress>) => void;
  onKeys: () => void;
}

/** While somebody types, a search for each letter would be thrown away by the next. */
const pauseMs = 250;

export function Filters({ address, go, onKeys }: FiltersProps) {
  const t = useConsoleTexts();
  const { view, status, inMessages } = address;
  return (
    <div className="console-filters">
      <h1 className="visually-hidden">{t.title}</h1>
      <div className="console-views">
        <fieldset className="tabs" aria-label={t.views} data-testid="views">
          {supportViews.map((each) => (
            <button key={each} type="button" aria-pressed={each === view} onClick={() => go({ view: each })}>
              {t.view[each]}
            </button>
          ))}
        </fieldset>
        {/* By hand too: while the keys are off, none of them brings this back. */}
        <button
          type="button"
          className="button button-quiet"
          aria-label={t.keys}
          title={t.keys}
          data-testid="keys"
          onClick={onKeys}
        >
          <kbd>?</kbd>
        </button>
      </div>
      <div className="console-search-row">
        <SearchField address={address} go={go} />
        <span className="choice">
          <select
            aria-label={t.statuses}
            value={status ?? "any"}
            data-testid="status"
            onChange={({ target }) =>
              go({ status: conversationStatuses.find((each) => each === target.value) ?? null })
            }
          >
            {[...conversationStatuses, "any"].map((each) => (
              <option key={each} value={each}>
                {t.status[each]}
              </option>
            ))}
          </select>
        </span>
      </div>
      {address.text !== null && (
        <fieldset className="segmented" aria-label={t.search}>
          {[false, true].map((each) => (
            <button
              key={String(each)}
              type="button"
              aria-pressed={each === inMessages}
              onClick={() => go({ inMessages: each })}
            >
              {each ? t.inMessages : t.inConversations}
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}

function SearchField({ address, go }: Pick<FiltersProps, "address" | "go">) {
  const t = useConsoleTexts();
  const [typed, setTyped] = useState(address.text ?? "");
  const wanted = typed.trim().slice(0, 200) || null;

  // Only what was typed begins a search, not what comes back into the address.
  const latest = useRef({ address, go });
  latest.current = { address, go };
  useEffect(() => {
    if (wanted === latest.current.address.text) return;
    const timer = setTimeout(() => latest.current.go({ text: wanted }), pauseMs);
    return () => clearTimeout(timer);
  }, [wanted]);

  return (
    <input
      type="search"
      className="field console-search"
      aria-label={t.search}
      placeholder={t.searchHint}
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
