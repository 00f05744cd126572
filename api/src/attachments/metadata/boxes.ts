import { type Bytes, windowBytes } from "./bytes.ts";
import type { Edits } from "./edits.ts";

/** What MP4, QuickTime, HEIC and AVIF are made of: a length, a name, and content, which may be boxes. */
export interface Box {
  name: string;
  start: number;
  content: number;
  end: number;
}

export async function* boxesIn(bytes: Bytes, from: number, until: number): AsyncGenerator<Box> {
  for (let start = from; start + 8 <= until; ) {
    const head = await bytes.at(start, 16);
    const [length, name] = [head.readUInt32BE(0), head.toString("latin1", 4, 8)];
    if (length === 1 && head.length < 16) return;
    const content = start + (length === 1 ? 16 : 8);
    const end =
      length === 1 ? start + Number(head.readBigUInt64BE(8)) : length === 0 ? until : start + length;
    if (end < content) return;
    yield { name, start, content, end: Math.min(end, until) };
    start = end;
  }
}

const zeros = Buffer.alloc(windowBytes);

/** Other boxes say by a number of bytes where things are: what goes leaves its place empty. */
export function blank({ cut }: Edits, start: number, end: number): void {
  for (let at = start; at < end; at += zeros.length)
    cut(at, Math.min(at + zeros.length, end), zeros.subarray(0, Math.min(zeros.length, end - at)));
}
