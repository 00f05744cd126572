import type { WaitLine } from "@parloir/contracts/stats.ts";

const columns = [
  "conversationId",
  "cycle",
  "startSeq",
  "endSeq",
  "measure",
  "kind",
  "outcome",
  "startedAt",
  "endedAt",
  "agentId",
  "assigneeId",
  "seconds",
  "businessSeconds",
] as const satisfies (keyof WaitLine)[];

export const csvHead = `${columns.join(",")}\r\n`;

export function csvLine(line: WaitLine): string {
  return `${columns.map((column) => cell(line[column])).join(",")}\r\n`;
}

/** Ids are the host's own and may begin like a formula, which a spreadsheet would run: those get an apostrophe. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
