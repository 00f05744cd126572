import type { Readable } from "node:stream";
import { CodedError } from "@parloir/contracts/errors.ts";

/** Where the bytes of uploaded files are: a folder (disk.ts) or a bucket (s3.ts). Keys are names of ours. */
export interface Storage {
  /**
   * Takes a finished file over from the disk; whoever calls removes it there if it is still there. When this
   * resolves, the file outlives this machine's fall (disk: of its process and its power; S3: of anything).
   * @throws CodedError STORAGE_FULL, UNAVAILABLE
   */
  put: (key: string, file: string, size: number) => Promise<void>;
  /** `range` counts bytes, both ends included. Null when there is no such file. */
  open: (key: string, range: { start: number; end: number } | null) => Promise<Readable | null>;
  /** What is not there is removed already. */
  remove: (key: string) => Promise<void>;
  close: () => void;
}

export const thumbnailKey = (id: string) => `${id}.thumbnail`;

/** What the operating system says when there is no room: the disk is full, or a quota of its own. */
const noRoom: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** A failure to write, in our codes. */
export function writeFailure(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (noRoom.has(code)) return storageFull(error);
  return new CodedError("UNAVAILABLE", "the file could not be stored now", { cause: error });
}

export function storageFull(cause?: unknown): CodedError {
  return new CodedError("STORAGE_FULL", "there is no room for files now", { cause });
}
