import type { FileHandle } from "node:fs/promises";
import { CodedError } from "@parloir/contracts/errors.ts";

/** Bytes of a file, from `start` to before `end`, that give way to others, of which there are never more. */
export interface Edit {
  start: number;
  end: number;
  replacement: Buffer;
}

export interface Edits {
  list: Edit[];
  cut: (start: number, end: number, replacement?: Buffer) => void;
}

/** Real pictures need a handful. Bounds what a file made of nothing but small pieces costs. */
const mostEdits = 10_000;
const nothing = Buffer.alloc(0);

/**
 * Collected from the beginning of a file to its end; what lies side by side is one.
 * @throws CodedError UNPROCESSABLE
 */
export function collectEdits(): Edits {
  const list: Edit[] = [];
  return {
    list,
    cut(start, end, replacement = nothing) {
      if (replacement.length > end - start) throw unprocessable("the picture is cut short");
      const last = list.at(-1);
      if (last && last.end === start && replacement.length === 0) last.end = end;
      else list.push({ start, end, replacement });
      if (list.length > mostEdits) throw unprocessable("the picture is in too many pieces");
    },
  };
}

export function unprocessable(message: string): CodedError {
  return new CodedError("UNPROCESSABLE", message);
}

const blockBytes = 1_048_576;

/**
 * In place: as no replacement is longer than what it replaces, what is written never overtakes what is still to be
 * read. A process that is killed meanwhile leaves a file of the spool, which nobody has seen and which is swept.
 * @returns the size of the file then
 */
export async function applyEdits(handle: FileHandle, size: number, edits: Edit[]): Promise<number> {
  const [first] = edits;
  if (!first) return size;
  const block = Buffer.alloc(Math.min(blockBytes, size));
  let to = first.start;
  for (const [index, { end, replacement }] of edits.entries()) {
    if (replacement.length > 0) await handle.write(replacement, 0, replacement.length, to);
    to += replacement.length;
    const next = edits[index + 1]?.start ?? size;
    to = to === end ? next : await move(handle, { from: end, until: next, to }, block);
  }
  await handle.truncate(to);
  return to;
}

async function move(
  handle: FileHandle,
  { from, until, to }: { from: number; until: number; to: number },
  block: Buffer,
): Promise<number> {
  let [source, target] = [from, to];
  while (source < until) {
    const { bytesRead } = await handle.read(block, 0, Math.min(block.length, until - source), source);
    if (bytesRead === 0) throw new Error("the file became shorter while it was read");
    await handle.write(block, 0, bytesRead, target);
    source += bytesRead;
    target += bytesRead;
  }
  return target;
}
