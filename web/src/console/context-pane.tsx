import { Avatar } from "@parloir/client/react/avatar.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import type { CustomerContext } from "@parloir/contracts/support.ts";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { durationIn } from "../durations.ts";
import { useLanguage } from "../languages/language.tsx";
import { useTick } from "../use-tick.ts";
import { useAgentName, useConsole, useConsoleTexts } from "./desk-context.tsx";

interface ContextPaneProps {
  conversationId: string;
  conversation: Conversation | undefined;
  /** On a tablet it lies over the thread, and only when it was asked for. */
  shown: boolean;
  onClose: () => void;
  onOpen: (conversationId: string) => void;
}

export function ContextPane({ conversationId, conversation, shown, onClose, onOpen }: ContextPaneProps) {
  const { t: words } = useLanguage();
  const t = useConsoleTexts();
  const { context, failed } = useContextOf(conversationId, conversation);
  return (
    <aside className="context" aria-label={t.context} data-shown={shown || undefined} data-testid="context">
      <header>
        <h2>{t.context}</h2>
        <button
          type="button"
          className="button button-icon button-quiet context-close"
          aria-label={words.close}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {failed && <p role="alert">{t.contextFailed}</p>}
      {context && (
        <>
          <Person context={context} conversation={conversation} />
          <Earlier context={context} onOpen={onOpen} />
          <Waits context={context} />
        </>
      )}
    </aside>
  );
}

/** How often what still waits is read again: its seconds move on, and its end is told by nothing else. */
const waitingMs = 30_000;

/** Read again when a message or a change of status came: figures follow within a second or two. */
function useContextOf(conversationId: string, conversation: Conversation | undefined) {
  const { client } = useConsole();
  const [context, setContext] = useState<CustomerContext | null>(null);
  const [failed, setFailed] = useState(false);
  const version = `${conversation?.lastSeq} ${conversation?.status}`;
  const [settled, setSettled] = useState(version);
  const now = useTick(waitingMs);
  const asOf = context?.waits.some(({ outcome }) => outcome === "open") ? now : 0;

  useEffect(() => {
    const timer = setTimeout(() => setSettled(version), 2_000);
    return () => clearTimeout(timer);
  }, [version]);
  useEffect(() => {
    let ended = false;
    // Named, so that a new version asks anew.
    const asked = `${settled} ${asOf}`;
    client
      .rest<CustomerContext>("GET", `/api/messages/conversations/${conversationId}/context`)
      .then((found) => {
        if (ended || asked !== `${settled} ${asOf}`) return;
        setContext(found);
        setFailed(false);
      })
      .catch(() => !ended && setFailed(true));
    return () => {
      ended = true;
    };
  }, [client, conversationId, settled, asOf]);
  return { context, failed };
}

function Person({
  context: { customer },
  conversation,
}: {
  context: CustomerContext;
  conversation: Conversation | undefined;
}) {
  const { formats, language } = useLanguage();
  const t = useConsoleTexts();
  const locale = useMemo(() => new Intl.DisplayNames(language, { type: "language" }), [language]);
  const facts: [string, string | null][] = [
    [t.subject, conversation?.subject?.title ?? t.noSubject],
    [t.email, customer.email],
    [t.locale, customer.locale && (locale.of(customer.locale) ?? customer.locale)],
    [t.firstSeen, formats.day(new Date(customer.firstSeenAt))],
    [t.customerId, customer.userId],
  ];
  return (
    <section>
      <p className="context-who">
        <Avatar name={customer.name} url={customer.avatarUrl ?? undefined} />
        <strong dir="auto">{customer.name}</strong>
      </p>
      <dl className="facts">
        {facts.flatMap(([name, value]) =>
          value === null
            ? []
            : [
                <div key={name}>
                  <dt>{name}</dt>
                  <dd dir="auto">{breakable(value)}</dd>
                </div>,
              ],
        )}
      </dl>
    </section>
  );
}

/** Addresses and ids have no blanks: a line may end behind what joins their parts. */
function breakable(text: string): ReactNode {
  const [first = "", ...others] = text.split(/(?<=[@._:-])(?=.)/);
  return others.reduce<ReactNode>(
    (before, part) => (
      <>
        {before}
        <wbr />
        {part}
      </>
    ),
    first,
  );
}

function Earlier({
  context: { earlier, total },
  onOpen,
}: {
  context: CustomerContext;
  onOpen: (id: string) => void;
}) {
  const { formats } = useLanguage();
  const t = useConsoleTexts();
  return (
    <section>
      <h3>{t.earlier(total)}</h3>
      {earlier.length === 0 && <p className="hint">{t.noEarlier}</p>}
      <ul>
        {earlier.map(({ id, subject, status, updatedAt }) => (
          <li key={id}>
            <button type="button" className="context-line" onClick={() => onOpen(id)}>
              <span dir="auto">{subject?.title ?? t.noSubject}</span>
              <span>
                {t.status[status]} · {formats.brief(new Date(updatedAt))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Waits({ context: { waits } }: { context: CustomerContext }) {
  const { formats, language } = useLanguage();
  const t = useConsoleTexts();
  const agentName = useAgentName();
  const duration = useMemo(() => durationIn(language), [language]);
  return (
    <section>
      <h3>{t.waits}</h3>
      {waits.length === 0 && <p className="hint">{t.noWaits}</p>}
      <ul className="context-waits">
        {waits.map((wait) => (
          <li key={`${wait.conversationId} ${wait.cycle} ${wait.startSeq}`} data-outcome={wait.outcome}>
            <span>
              {t.measure[wait.measure]} {t.outcome[wait.outcome]} <strong>{duration(wait.seconds)}</strong>
            </span>
            <span className="hint">
              {wait.agentId !== null && `${agentName(wait.agentId)}, `}
              <time dateTime={wait.startedAt}>{formats.brief(new Date(wait.startedAt))}</time>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
