import { Avatar } from "@parloir/client/react/avatar.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import type { Contact } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { usePages } from "../use-pages.ts";

interface PeoplePickerProps {
  chosen: readonly Contact[];
  onChoose: (chosen: readonly Contact[]) => void;
  /** Who is there already, by id. */
  without?: readonly string[];
  disabled?: boolean;
}

/** A pause in typing after which it is looked for. */
const pauseMs = 200;

/** Finds people by name and chooses some of them; who was chosen stays so, whatever is looked for next. */
export function PeoplePicker({ chosen, onChoose, without = [], disabled = false }: PeoplePickerProps) {
  const { t } = useLanguage();
  const [words, setWords] = useState("");
  const [text, setText] = useState("");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setText(words.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [words]);
  const isChosen = (one: Contact) => chosen.some(({ userId }) => userId === one.userId);
  const toggle = (one: Contact) =>
    onChoose(isChosen(one) ? chosen.filter(({ userId }) => userId !== one.userId) : [...chosen, one]);

  return (
    <>
      <search className="people-search">
        <input
          ref={takeFocus}
          type="search"
          value={words}
          placeholder={t.findPeople}
          aria-label={t.findPeople}
          maxLength={100}
          data-testid="find-people"
          onChange={({ target }) => setWords(target.value)}
        />
        {chosen.length > 0 && (
          <ul className="chosen" aria-label={t.chosen}>
            {chosen.map((one) => (
              <li key={one.userId}>
                <button
                  type="button"
                  aria-label={t.takeBack(one.name)}
                  disabled={disabled}
                  data-testid="chosen"
                  onClick={() => toggle(one)}
                >
                  <span dir="auto">{one.name}</span>
                  <Icon name="close" size={14} />
                </button>
              </li>
            ))}
          </ul>
        )}
      </search>
      <Found
        key={`${text} ${tries}`}
        text={text}
        without={without}
        isChosen={isChosen}
        disabled={disabled}
        onToggle={toggle}
        onRetry={() => setTries(tries + 1)}
      />
    </>
  );
}

/** A dialog gives the focus when it opens; in an open one it is taken. No keyboard covers a phone's list unasked. */
function takeFocus(field: HTMLInputElement | null): void {
  if (field?.closest("dialog")?.open) field.focus();
  else if (matchMedia("(pointer: fine)").matches) field?.setAttribute("autofocus", "");
}

interface FoundProps {
  text: string;
  without: readonly string[];
  isChosen: (one: Contact) => boolean;
  disabled: boolean;
  onToggle: (one: Contact) => void;
  onRetry: () => void;
}

function Found({ text, without, isChosen, disabled, onToggle, onRetry }: FoundProps) {
  const { t } = useLanguage();
  const client = useClient();
  const query = text === "" ? "" : `&q=${encodeURIComponent(text)}`;
  const { items, failed, more } = usePages<Contact>(client.rest, `/api/people?limit=30${query}`);
  const people = items?.filter(({ userId }) => !without.includes(userId));
  return (
    <>
      <p role="status" className="visually-hidden">
        {people && t.peopleFound(people.length)}
      </p>
      {!items && !failed && <p className="note">{t.loading}</p>}
      {people?.length === 0 && !more && <p className="note">{text === "" ? t.noContacts : t.nobodyFound}</p>}
      <ul data-testid="people" data-text={items ? text : undefined}>
        {people?.map((one) => (
          <li key={one.userId}>
            <button
              type="button"
              className="person"
              aria-pressed={isChosen(one)}
              data-person={one.userId}
              disabled={disabled}
              onClick={() => onToggle(one)}
            >
              <Avatar name={one.name} url={one.avatarUrl} />
              <span>
                <span className="person-name" dir="auto">
                  {one.name}
                </span>
                <span className="person-title">{t.roleName(one.role)}</span>
              </span>
              {isChosen(one) && <Icon name="check" />}
            </button>
          </li>
        ))}
      </ul>
      {failed && (
        <p className="note" role="alert">
          {t.peopleFailed}{" "}
          <button type="button" className="button-text" onClick={onRetry}>
            {t.tryAgain}
          </button>
        </p>
      )}
      {more && !failed && (
        <div className="list-more">
          <button type="button" className="button button-outlined" onClick={more}>
            {t.morePeople}
          </button>
        </div>
      )}
    </>
  );
}
