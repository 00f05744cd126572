import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";
import { type HourOfWeek, weekdays, weekOf } from "./week.ts";

const hours = Array.from({ length: 24 }, (_, hour) => hour);

/** When customers wait longest. Each hour leads to what began in it; the number is in words, not only in colour. */
export function ByHour({ times }: { times: ResponseTimes }) {
  const t = useStatsTexts();
  const { language } = useLanguage();
  const { address } = useStats();
  const week = weekOf(times.groups, address.business);
  const days = useMemo(() => weekdays(language, "short"), [language]);

  return (
    <section className="metrics-section" data-testid="by-hour">
      <h2>{t.byHour}</h2>
      <p className="hint">{t.byHourHint}</p>
      <div className="metrics-scroll">
        <table className="week">
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">{t.day}</span>
              </th>
              {hours.map((hour) => (
                <th scope="col" key={hour}>
                  {hour}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((name, index) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {hours.map((hour) => {
                  const key = `${index + 1}-${String(hour).padStart(2, "0")}`;
                  const found = week.get(key);
                  return <td key={hour}>{found && <Hour hour={found} of={key} day={name} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Hour({ hour, of, day }: { hour: HourOfWeek; of: string; day: string }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { show } = useStats();
  const { n, answered, unanswered, open, median, mark } = hour;
  const facts = [
    median === null ? null : `${t.median} ${duration(median)}`,
    answered > 0 ? t.answered(answered) : null,
    unanswered > 0 ? t.unanswered(unanswered) : null,
    open > 0 ? t.open(open) : null,
  ];
  const label = t.cell(day, Number(of.slice(2)), n, facts.filter((each) => each !== null).join(", "));
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      data-hour={of}
      data-mark={mark ?? undefined}
      onClick={() => show({ measure: "first_reply", hourOfWeek: of })}
    >
      {n}
    </button>
  );
}
