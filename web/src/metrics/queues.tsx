import type { QueueFigures } from "@parloir/contracts/cluster.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats } from "./format.ts";
import { queuesOf } from "./queue-depths.ts";
import { Scroll } from "./scroll.tsx";
import type { Seen } from "./standing.ts";
import { metricsTexts } from "./texts.ts";

/** What waits to be done, how long it has waited, and what failed. */
export function Queues({ seen }: { seen: Seen }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const { count, rate, seconds } = useMemo(() => createFigureFormats(language), [language]);
  const queues = queuesOf(seen);
  const columns: { title: string; read: (queue: QueueFigures) => string }[] = [
    { title: t.queueWaiting, read: ({ waiting }) => count(waiting) },
    { title: t.queueOldest, read: ({ oldestSeconds }) => `${seconds(oldestSeconds)} s` },
    { title: t.queueActive, read: ({ active }) => count(active) },
    { title: t.queueDelayed, read: ({ delayed }) => count(delayed) },
    { title: t.queueDone, read: ({ donePerSecond }) => `${rate(donePerSecond)} ${t.perSecond}` },
    { title: t.queueFailing, read: ({ failedPerSecond }) => `${rate(failedPerSecond)} ${t.perSecond}` },
    { title: t.queueFailed, read: ({ failed }) => count(failed) },
  ];
  return (
    <section className="metrics-section" data-testid="queues">
      <h2>{t.queues}</h2>
      {queues.length === 0 ? (
        <p className="hint">{t.queuesUnknown}</p>
      ) : (
        <Scroll title={t.queues}>
          <table className="metrics-table">
            <thead>
              <tr>
                <th scope="col">{t.queueName}</th>
                {columns.map(({ title }) => (
                  <th scope="col" key={title} className="figure">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <tr key={queue.name} data-testid={`queue-${queue.name}`}>
                  <th scope="row">{queue.name}</th>
                  {columns.map(({ title, read }) => (
                    <td key={title} className="figure">
                      {read(queue)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
