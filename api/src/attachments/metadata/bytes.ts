import type { FileHandle } from "node:fs/promises";

/** Bytes of a file by their place, a window at a time: a walk over a million small parts is few reads. */
export interface Bytes {
  size: number;
  /** At most `windowBytes` at once; fewer at the end of the file. Valid until the next call. */
  at: (position: number, length: number) => Promise<Buffer>;
}

/** The longest segment of a JPEG, with its marker and length. */
export const windowBytes = 65_537;

export function readBytes(handle: FileHandle, size: number): Bytes {
  const buffer = Buffer.alloc(2 * windowBytes);
  let [from, to] = [0, 0];
  return {
    size,
    async at(position, length) {
      const end = Math.min(position + length, size);
      if (position < from || end > to) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        [from, to] = [position, position + bytesRead];
      }
      return buffer.subarray(position - from, Math.max(position - from, Math.min(end, to) - from));
    },
  };
}
