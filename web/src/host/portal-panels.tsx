import type { ChannelNews } from "@parloir/client/core/channels.ts";
import { isHostEvent } from "@parloir/contracts/host-events.ts";
import { useLanguage } from "../languages/language.tsx";
import { HostButton } from "./host-button.tsx";
import { useHostTexts } from "./texts.ts";

export interface PortalState {
  project: { title: string; status: string; progress: number };
  ticket: { title: string; status: string };
  intervention: { status: string };
  quote: { status: string; amount: { value: number; currency: string } | null };
  documents: readonly { id: string; name: string }[];
  /** Events so far. */
  steps: number;
}

export const beginning: PortalState = {
  project: { title: "Rénovation de la cuisine", status: "open", progress: 0 },
  ticket: { title: "Fuite sous l’évier", status: "open" },
  intervention: { status: "open" },
  quote: { status: "open", amount: null },
  documents: [{ id: "d0", name: "Plan-1.pdf" }],
  steps: 0,
};

/** What the portal shows after one more event. Whatever was missed is told again from the channel's history. */
export function withNews(state: PortalState, news: ChannelNews): PortalState {
  if (news.kind !== "event") return state;
  const { event } = news;
  const next = { ...state, steps: state.steps + 1 };
  if (isHostEvent(event, "project-updated")) next.project = { ...state.project, ...known(event.payload) };
  if (isHostEvent(event, "ticket-updated")) next.ticket = { ...state.ticket, ...known(event.payload) };
  if (isHostEvent(event, "intervention-updated"))
    next.intervention = { ...state.intervention, ...known(event.payload) };
  if (isHostEvent(event, "quote-updated")) next.quote = { ...state.quote, ...known(event.payload) };
  if (isHostEvent(event, "document-added")) {
    const { documentId: id, name } = event.payload;
    next.documents = [...state.documents.filter((one) => one.id !== id), { id, name }];
  }
  return next;
}

/** Fields that an event leaves out stay as they were. */
function known<Payload extends object>(
  payload: Payload,
): { [Key in keyof Payload]-?: NonNullable<Payload[Key]> } {
  return Object.fromEntries(
    Object.entries(payload).filter(([, value]) => value !== undefined && value !== null),
  ) as { [Key in keyof Payload]-?: NonNullable<Payload[Key]> };
}

export function PortalPanels({ state }: { state: PortalState }) {
  const t = useHostTexts();
  const { language } = useLanguage();
  const { project, ticket, intervention, quote, documents } = state;
  const amount =
    quote.amount &&
    new Intl.NumberFormat(language, { style: "currency", currency: quote.amount.currency }).format(
      quote.amount.value,
    );
  return (
    <div className="panels">
      <HostButton step={state.steps} />
      <section className="card" aria-labelledby="panel-project">
        <h2 id="panel-project">{t.project}</h2>
        <p>{project.title}</p>
        <progress max={100} value={project.progress} aria-label={t.progress} />
        <p className="quiet" data-testid="project">
          <Status status={project.status} /> · {project.progress} %
        </p>
      </section>
      <section className="card" aria-labelledby="panel-ticket">
        <h2 id="panel-ticket">{t.ticket}</h2>
        <p>{ticket.title}</p>
        <p className="quiet" data-testid="ticket">
          <Status status={ticket.status} />
        </p>
      </section>
      <section className="card" aria-labelledby="panel-quote">
        <h2 id="panel-quote">{t.quote}</h2>
        <p>{amount ?? t.noAmount}</p>
        <p className="quiet" data-testid="quote-status">
          <Status status={quote.status} />
        </p>
      </section>
      <section className="card" aria-labelledby="panel-visit">
        <h2 id="panel-visit">{t.intervention}</h2>
        <p className="quiet" data-testid="intervention">
          <Status status={intervention.status} />
        </p>
      </section>
      <section className="card" aria-labelledby="panel-documents">
        <h2 id="panel-documents">{t.documents}</h2>
        <ul data-testid="documents">
          {documents.map(({ id, name }) => (
            <li key={id}>{name}</li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Status({ status }: { status: string }) {
  const t = useHostTexts();
  return <span data-status={status}>{t.statuses[status as keyof typeof t.statuses] ?? status}</span>;
}
