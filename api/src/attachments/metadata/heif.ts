import { type Box, blank, boxesIn } from "./boxes.ts";
import type { Bytes } from "./bytes.ts";
import { collectEdits, type Edit, unprocessable } from "./edits.ts";

/** EXIF, and XMP in a type of the web's. How the picture is to be turned stands elsewhere. */
const metadata: ReadonlySet<string> = new Set(["Exif", "mime"]);
/** Version and flags, which come first in the content of most boxes here. */
const versionBytes = 4;

/** A picture of the largest size is some hundred tiles. Of places that take no bytes there may be any number. */
const mostPlaces = 20_000;

type Read = (at: number, length: number) => Promise<number>;

/** Of HEIC and AVIF, where every picture and every text is an item: a table has their types, another their places. */
export async function heifMetadata(bytes: Bytes): Promise<Edit[]> {
  const edits = collectEdits();
  const read: Read = async (at, length) => {
    if (length === 0) return 0;
    const piece = await bytes.at(at, length);
    // Beyond the end of the file nothing is.
    if (piece.length < length) return 0;
    return length === 8 ? Number(piece.readBigUInt64BE(0)) : piece.readUIntBE(0, length);
  };
  for await (const { name, content, end } of boxesIn(bytes, 0, bytes.size)) {
    if (name !== "meta") continue;
    const inside = new Map<string, Box>();
    for await (const box of boxesIn(bytes, content + versionBytes, end)) inside.set(box.name, box);
    const [types, places] = [inside.get("iinf"), inside.get("iloc")];
    if (!types || !places) continue;
    const items = await itemsOf(bytes, read, types);
    for await (const { start, length } of placesOf(read, places, items, inside.get("idat")))
      blank(edits, start, Math.min(start + length, bytes.size));
  }
  return edits.list.toSorted((one, other) => one.start - other.start);
}

/** Numbers of the items that are metadata. */
async function itemsOf(bytes: Bytes, read: Read, { content, end }: Box): Promise<Set<number>> {
  const found = new Set<number>();
  const countBytes = (await read(content, 1)) === 0 ? 2 : 4;
  for await (const item of boxesIn(bytes, content + versionBytes + countBytes, end)) {
    const numberBytes = (await read(item.content, 1)) === 2 ? 2 : 4;
    const at = item.content + versionBytes;
    // Behind the number and who may read it.
    const type = (await bytes.at(at + numberBytes + 2, 4)).toString("latin1");
    if (metadata.has(type)) found.add(await read(at, numberBytes));
  }
  return found;
}

/** Where these items are: in the file, or in a box for small ones. */
async function* placesOf(
  read: Read,
  { content, end }: Box,
  items: ReadonlySet<number>,
  small: Box | undefined,
): AsyncGenerator<{ start: number; length: number }> {
  const version = await read(content, 1);
  const sizes = await read(content + versionBytes, 2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  // A number of an item, and how many there are.
  const numberBytes = version < 2 ? 2 : 4;
  if (![offsetBytes, lengthBytes, baseBytes, indexBytes].every((each) => [0, 4, 8].includes(each))) return;
  let left = mostPlaces;
  for (let at = content + versionBytes + 2 + numberBytes; at + numberBytes < end && left-- > 0; ) {
    const isWanted = items.has(await read(at, numberBytes));
    at += numberBytes;
    const method = version === 0 ? 0 : (await read(at, 2)) & 15;
    at += version === 0 ? 2 : 4;
    const base = (await read(at, baseBytes)) + (method === 1 ? (small?.content ?? 0) : 0);
    const count = await read(at + baseBytes, 2);
    at += baseBytes + 2;
    for (let extent = 0; extent < count && left-- > 0; extent++) {
      at += indexBytes;
      const start = base + (await read(at, offsetBytes));
      const length = await read(at + offsetBytes, lengthBytes);
      at += offsetBytes + lengthBytes;
      if (isWanted && method < 2) yield { start, length };
    }
  }
  if (left <= 0) throw unprocessable("the picture is in too many pieces");
}
