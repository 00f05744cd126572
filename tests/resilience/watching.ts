import type { Message } from "@parloir/contracts/shapes.ts";
import type { MetricName, Metrics } from "@parloir/platform/metrics.ts";
import type { TestSocket } from "../cluster/socket.ts";

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

export const seqsOf = (messages: Message[]): number[] => messages.map((message) => message.seq);

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Labels = Record<string, string>;

/** A counter's value, or how often a histogram was observed, summed over what these labels leave open. */
export async function counted(node: { metrics: Metrics }, name: MetricName, labels: Labels = {}) {
  const { values } = await node.metrics.get(name).get();
  const series = values as { metricName?: string; labels: Labels; value: number }[];
  return series
    .filter(({ metricName = name }) => metricName === name || metricName === `${name}_count`)
    .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Internal calls that a gateway has made. */
export const callsOf = (gateway: { metrics: Metrics }, route?: string) =>
  counted(gateway, "parloir_api_call_seconds", route === undefined ? {} : { route });

/** When each message arrived at this socket: its content → milliseconds, by this process's clock. */
export function arrivals(socket: TestSocket): Map<string, number> {
  const times = new Map<string, number>();
  socket.raw.on("new_message", (message: Message) => times.set(message.content, performance.now()));
  return times;
}
