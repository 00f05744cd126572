import { open } from "node:fs/promises";
import { CodedError } from "@parloir/contracts/errors.ts";
import { fileTypeFromFile } from "file-type";
import { isTaken } from "./media-types.ts";

/** What the library calls differently. */
const otherNames: Record<string, string> = {
  "audio/x-m4a": "audio/mp4",
  "video/x-m4v": "video/mp4",
  "audio/x-flac": "audio/flac",
};

/**
 * The type of a file by its bytes, never by what anybody says of it.
 * @throws CodedError UNSUPPORTED
 */
export async function sniff(file: string): Promise<string> {
  const beginning = await read(file, sample);
  // Text that the library would take for the beginning of an MP3.
  if (isUtf16(beginning)) throw unsupported();
  const found = await fileTypeFromFile(file);
  if (!found && isPlainText(beginning)) return "text/plain";
  // `audio/ogg; codecs=opus`
  const bare = found?.mime.split(";")[0] ?? "";
  const mediaType = soundAlone(otherNames[bare] ?? bare, beginning);
  if (!isTaken(mediaType)) throw unsupported();
  return mediaType;
}

/**
 * The library tells containers apart, not what is in them: a voice note that a browser recorded is a WebM or MP4 like any
 * film. Their tracks are named near the beginning.
 */
function soundAlone(mediaType: string, beginning: Buffer): string {
  const text = beginning.toString("latin1");
  if (mediaType === "video/webm" && /A_(?:OPUS|VORBIS)/.test(text) && !/V_(?:VP[89]|AV1|MPEG)/.test(text))
    return "audio/webm";
  if (mediaType === "video/mp4" && /hdlr.{8}soun/s.test(text) && !/hdlr.{8}vide/s.test(text))
    return "audio/mp4";
  return mediaType;
}

function unsupported(): CodedError {
  return new CodedError("UNSUPPORTED", "files of this type are not taken");
}

const sample = 65_536;
/** Tabulator, line feed, form feed, carriage return, escape: the controls that a text has, in any encoding of bytes. */
const controlsOfText: ReadonlySet<number> = new Set([9, 10, 12, 13, 27]);
const markup = /^(?:\xef\xbb\xbf)?\s*<[!?/a-z]/i;

function isPlainText(bytes: Buffer): boolean {
  return (
    bytes.every((byte) => byte >= 32 || controlsOfText.has(byte)) && !markup.test(bytes.toString("latin1"))
  );
}

function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString("hex");
  return mark === "fffe" || mark === "feff";
}

async function read(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
