import type { ResponseTimes } from "@parloir/contracts/stats.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

const hours = Array.from({ length: 24 }, (_, hour) => hour);
/** A Monday: the names of the days from there on. */
const aMonday = Date.UTC(2024, 0, 1);
const dayMs = 86_400_000;
const shades = 4;

/** When customers wait longest. Each hour leads to what began in it; the number is in words, not only in colour. */
export function ByHour({ times }: { times: ResponseTimes }) {
  const t = useStatsTexts();
  const { language } = useLanguage();
  const duration = useDuration();
  const { show, address } = useStats();
  const groups = new Map((times.groups ?? []).map((group) => [group.key, group.firstReply]));
  const days = useMemo(() => {
    const name = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
    return [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, name: name.format(aMonday + (day - 1) * dayMs) }));
  }, [language]);
  const figuresOf = (key: string) => {
    const found = groups.get(key);
    return address.business ? found?.business : found;
  };
  const slowest = Math.max(1, ...[...groups.keys()].map((key) => figuresOf(key ?? "")?.p50 ?? 0));

  return (
    <section className="metrics-section">
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
            {days.map(({ day, name }) => (
              <tr key={day}>
                <th scope="row">{name}</th>
                {hours.map((hour) => {
                  const hourOfWeek = `${day}-${String(hour).padStart(2, "0")}`;
                  const figures = figuresOf(hourOfWeek);
                  const p50 = figures?.p50 ?? null;
                  if (!figures || p50 === null) return <td key={hour} />;
                  const label = t.cell(name, hour, duration(p50), figures.n);
                  return (
                    <td key={hour}>
                      <button
                        type="button"
                        aria-label={label}
                        title={label}
                        data-shade={Math.ceil((p50 / slowest) * shades) || 1}
                        onClick={() => show({ measure: "first_reply", hourOfWeek })}
                      >
                        {figures.n}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
