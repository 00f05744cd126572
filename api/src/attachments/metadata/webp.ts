import { type Bytes, windowBytes } from "./bytes.ts";
import { collectEdits, type Edit } from "./edits.ts";
import { orientationAlone } from "./exif.ts";

const header = 12;
/** Name and length. */
const framing = 8;
const pixels: ReadonlySet<string> = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]);
/** In the first byte of VP8X: what other chunks there are. */
const flags = { exif: 0x08, xmp: 0x04 } as const;

/** EXIF, XMP, chunks that are nobody's, and what follows the picture. */
export async function webpMetadata(bytes: Bytes): Promise<Edit[]> {
  const { list, cut } = collectEdits();
  const claimed = framing + (await bytes.at(4, 4)).readUInt32LE(0);
  const pictureEnd = Math.min(claimed + (claimed % 2), bytes.size);
  let extended: { at: number; flags: number } | null = null;
  let isTurned = false;
  let removed = 0;
  for (let start = header; start + framing <= pictureEnd; ) {
    const head = await bytes.at(start, framing + 1);
    const [name, length] = [head.toString("latin1", 0, 4), head.readUInt32LE(4)];
    const end = Math.min(start + framing + length + (length % 2), pictureEnd);
    if (name === "VP8X" && length > 0) extended = { at: start + framing, flags: head[framing] ?? 0 };
    if (!pixels.has(name)) {
      const isExif: boolean = name === "EXIF" && !isTurned;
      const replacement: Buffer | undefined = isExif
        ? await orientationChunk(bytes, start + framing, length)
        : undefined;
      isTurned ||= replacement !== undefined;
      cut(start, end, replacement);
      removed += end - start - (replacement?.length ?? 0);
    }
    start = end;
  }
  if (pictureEnd < bytes.size) cut(pictureEnd, bytes.size);
  const edits = [...corrected({ removed, claimed, extended, isTurned }), ...list];
  return edits.toSorted((one, other) => one.start - other.start);
}

/** The header counts its bytes and says what is in it. */
function corrected(seen: {
  removed: number;
  claimed: number;
  extended: { at: number; flags: number } | null;
  isTurned: boolean;
}): Edit[] {
  const edits: Edit[] = [];
  const { extended, removed } = seen;
  if (removed > 0) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(seen.claimed - framing - removed);
    edits.push({ start: 4, end: framing, replacement: size });
  }
  const left = (extended?.flags ?? 0) & ~(flags.xmp | (seen.isTurned ? 0 : flags.exif));
  if (extended && left !== extended.flags)
    edits.push({ start: extended.at, end: extended.at + 1, replacement: Buffer.from([left]) });
  return edits;
}

async function orientationChunk(bytes: Bytes, at: number, length: number): Promise<Buffer | undefined> {
  const content = await bytes.at(at, Math.min(length, windowBytes));
  // Some programs write it with the name that it has in a JPEG.
  const alone = orientationAlone(
    content.toString("latin1", 0, 6) === "Exif\0\0" ? content.subarray(6) : content,
  );
  if (!alone) return undefined;
  const head = Buffer.from("EXIF\0\0\0\0", "latin1");
  head.writeUInt32LE(alone.length, 4);
  return Buffer.concat([head, alone, Buffer.alloc(alone.length % 2)]);
}
