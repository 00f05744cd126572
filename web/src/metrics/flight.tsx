import { createRest } from "@parloir/client/core/rest.ts";
import { createTokens } from "@parloir/client/core/token.ts";
import type { Flight, FlightEntry } from "@parloir/contracts/flights.ts";
import { type FormEvent, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { token } from "../session.ts";
import { metricsTexts } from "./texts.ts";

/** The way of one message, from the memory of every process. Asking is recorded, and shows nothing of the text. */
export function FlightSection() {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [found, setFound] = useState<Flight | "asking" | "failed" | null>(null);

  async function ask(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const rest = createRest({
      url: location.origin,
      tokens: createTokens(token),
      fetch: globalThis.fetch.bind(globalThis),
    });
    const message = {
      conversationId: String(given.get("conversation")).trim().toLowerCase(),
      seq: Number(given.get("seq")),
    };
    setFound("asking");
    setFound(await rest<Flight>("POST", "/api/cluster/flights", message).catch(() => "failed" as const));
  }

  return (
    <section className="metrics-section" data-testid="flight">
      <h2>{t.flight}</h2>
      <p className="hint">{t.flightHint}</p>
      <form className="flight-form" onSubmit={(event) => void ask(event)}>
        <label>
          {t.flightConversation}{" "}
          <input name="conversation" className="field" size={36} pattern="\s*[0-9a-fA-F\-]{36}\s*" required />
        </label>
        <label>
          {t.flightSeq} <input name="seq" type="number" className="field field-number" min={1} required />
        </label>
        <button type="submit" className="button button-outlined" disabled={found === "asking"}>
          {t.flightAsk}
        </button>
      </form>
      <div role="status">
        {found === "asking" && t.flightAsking}
        {found === "failed" && t.flightFailed}
        {found !== null && typeof found === "object" && <Steps flight={found} />}
      </div>
    </section>
  );
}

function Steps({ flight: { entries, silent } }: { flight: Flight }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const first = entries[0];
  if (!first) return <p>{t.flightForgotten}</p>;
  const began = Date.parse(first.at);
  const trace = entries.find(({ traceparent }) => traceparent !== undefined)?.traceparent;
  return (
    <>
      <div className="metrics-scroll">
        <table className="metrics-table">
          <thead>
            <tr>
              <th scope="col" className="figure">
                {t.milliseconds}
              </th>
              <th scope="col">{t.flightStep}</th>
              <th scope="col">{t.node}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={`${entry.node} ${entry.step} ${entry.at} ${entry.queue ?? ""}`}>
                <td className="figure">{Date.parse(entry.at) - began}</td>
                <td>{stepText(entry, t.flightSteps, t.flightSockets)}</td>
                <td>{entry.node}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">
        {t.flightClocks}
        {trace !== undefined && ` ${t.flightTrace} ${trace.slice(3, 35)}.`}
        {silent.length > 0 && ` ${t.flightSilent} ${silent.join(", ")}.`}
      </p>
    </>
  );
}

function stepText(
  { step, count, queue }: FlightEntry,
  names: Record<string, string>,
  sockets: (count: number) => string,
): string {
  const details = [queue, count === undefined ? undefined : sockets(count)].filter(
    (each) => each !== undefined,
  );
  return [names[step] ?? step, ...details].join(", ");
}
