import { crc32 } from "node:zlib";
import { type Bytes, windowBytes } from "./bytes.ts";
import { collectEdits, type Edit } from "./edits.ts";
import { orientationAlone } from "./exif.ts";

/** Length, type and checksum. */
const framing = 12;
const signature = 8;
/** What pixels, colours and frames need, besides the chunks without which there is no picture. */
const kept: ReadonlySet<string> = new Set([
  ...["tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs", "hIST", "sPLT", "cICP"],
  ...["mDCV", "cLLI", "mDCv", "cLLi", "acTL", "fcTL", "fdAT"],
]);
const critical = /^[A-Z]/;

/** Texts, EXIF, times, whatever programs keep in chunks of their own, and what follows the picture. */
export async function pngMetadata(bytes: Bytes): Promise<Edit[]> {
  const { list, cut } = collectEdits();
  for (let start = signature; ; ) {
    const head = await bytes.at(start, 8);
    if (head.length < 8) return list;
    const [length, type] = [head.readUInt32BE(0), head.toString("latin1", 4, 8)];
    const end = Math.min(start + framing + length, bytes.size);
    if (!critical.test(type) && !kept.has(type))
      cut(start, end, type === "eXIf" ? await orientationChunk(bytes, start + 8, length) : undefined);
    if (type === "IEND") {
      if (end < bytes.size) cut(end, bytes.size);
      return list;
    }
    start = end;
  }
}

async function orientationChunk(bytes: Bytes, at: number, length: number): Promise<Buffer | undefined> {
  const alone = orientationAlone(await bytes.at(at, Math.min(length, windowBytes)));
  if (!alone) return undefined;
  const body = Buffer.concat([Buffer.from("eXIf", "latin1"), alone]);
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(alone.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}
