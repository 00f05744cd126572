/** Which copies of one run's messages have been seen. The number of a message is its place in the schedule. */

const marker = '"content":"#';

/**
 * The text carries the run and the number, because it is the one field that every server passes on unchanged; a
 * reader finds them without parsing JSON. Always `length` characters, the rest being filler.
 */
export function contentOf(run: number, number: number, length: number): string {
  return `#${run}.${number}# `.padEnd(length, "lorem ipsum dolor sit amet ");
}

/** The number of a `new_message` of this run, or -1 when it belongs to another (a late one of the run before). */
export function numberIn(json: string, run: number): number {
  const start = json.indexOf(marker);
  if (start < 0) return -1;
  const dot = json.indexOf(".", start + marker.length);
  if (Number(json.slice(start + marker.length, dot)) !== run) return -1;
  return Number(json.slice(dot + 1, json.indexOf("#", dot)));
}
