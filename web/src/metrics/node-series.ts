import type { NodeRole } from "@parloir/contracts/cluster.ts";
import type { NodeFigure, NodesPoint } from "@parloir/contracts/node-history.ts";
import type { FigureFormats } from "./format.ts";
import type { Series, Stroke } from "./series.ts";
import type { MetricsTexts } from "./texts.ts";

/** Colour is for states: lines of several processes differ by shade and by stroke. */
const colours = ["--accent", "--text", "--text-secondary"];
const strokes: Stroke[] = ["solid", "dashed", "dotted"];

/** Of all processes of a role that were heard of in this time. */
export function nodeNames(points: readonly NodesPoint[], role: NodeRole): string[] {
  const names = new Set<string>();
  for (const { nodes } of points)
    for (const [name, node] of Object.entries(nodes)) if (node.role === role) names.add(name);
  return [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** A line a process, with a hole while nobody heard of it and where another one of its name began. */
export function nodeSeries(
  figure: NodeFigure,
  names: readonly string[],
  times: number,
): Series<NodesPoint>[] {
  return names.map((name, index) => ({
    name,
    read: ({ nodes }) => {
      const value = nodes[name]?.[figure] ?? null;
      return value === null ? null : value * times;
    },
    isBroken: ({ nodes }) => nodes[name]?.began ?? false,
    colour: colours[index % colours.length]!,
    stroke: strokes[Math.floor(index / colours.length) % strokes.length]!,
  }));
}

export interface Scale {
  unit: string;
  /** From the figure's unit to the one that is shown. */
  times: number;
  format: (value: number) => string;
  whole: boolean;
}

const megabyte = 1_048_576;

export function scaleOf(figure: NodeFigure, t: MetricsTexts, { rate, count }: FigureFormats): Scale {
  if (figure === "cpu") return { unit: "%", times: 100, format: rate, whole: false };
  if (figure === "memoryBytes") return { unit: "MB", times: 1 / megabyte, format: count, whole: true };
  if (figure === "sockets") return { unit: "", times: 1, format: count, whole: true };
  if (figure.endsWith("PerSecond")) return { unit: t.perSecond, times: 1, format: rate, whole: false };
  return { unit: t.milliseconds, times: 1_000, format: rate, whole: false };
}
