import { type Bytes, windowBytes } from "./bytes.ts";
import { collectEdits, type Edit } from "./edits.ts";
import { orientationAlone } from "./exif.ts";

const marker = { start: 0xd8, end: 0xd9, app0: 0xe0, app15: 0xef, comment: 0xfe } as const;
const exifName = "Exif\0\0";
/** What applications wrote, and pixels need: the scale, the colour profile, how colours are stored. */
const kept: Record<number, string> = { 224: "JFIF\0", 226: "ICC_PROFILE\0", 238: "Adobe" };

/**
 * Everything that applications and cameras wrote (EXIF, XMP, IPTC, comments, previews), and all that follows the
 * picture: second pictures with an EXIF of their own, a film of the moment. The scan data stays as it is, byte by byte.
 */
export async function jpegMetadata(bytes: Bytes): Promise<Edit[]> {
  const { list, cut } = collectEdits();
  let seenExif = false;
  for (let at = 2; ; ) {
    const found = await nextMarker(bytes, at);
    if (!found) return list;
    const { code, start } = found;
    if (code === marker.end) {
      if (start + 2 < bytes.size) cut(start + 2, bytes.size);
      return list;
    }
    const head = await bytes.at(start + 2, 16);
    if (head.length < 2) return list;
    const end = Math.min(start + 2 + Math.max(2, head.readUInt16BE(0)), bytes.size);
    if (isMetadata(code, head.toString("latin1", 2))) {
      // Of several, decoders believe the first.
      const isExif: boolean = code === 0xe1 && !seenExif && head.toString("latin1", 2, 8) === exifName;
      seenExif ||= isExif;
      cut(start, end, isExif ? await orientationSegment(bytes, start, end) : undefined);
    }
    at = end;
  }
}

function isMetadata(code: number, content: string): boolean {
  if (code === marker.comment) return true;
  if (code < marker.app0 || code > marker.app15) return false;
  const name = kept[code];
  return name === undefined || !content.startsWith(name);
}

async function orientationSegment(bytes: Bytes, start: number, end: number): Promise<Buffer | undefined> {
  const segment = await bytes.at(start, end - start);
  const alone = orientationAlone(segment.subarray(4 + exifName.length));
  if (!alone) return undefined;
  const head = Buffer.from(`\xff\xe1\0\0${exifName}`, "latin1");
  head.writeUInt16BE(2 + exifName.length + alone.length, 2);
  return Buffer.concat([head, alone]);
}

/**
 * The next marker that is followed by a length, or the end of the picture. As decoders look for it: over scan data, in
 * which FF is followed by 00 or by a restart, and over bytes that belong to nothing.
 */
async function nextMarker(bytes: Bytes, from: number): Promise<{ code: number; start: number } | null> {
  for (let at = from; at + 1 < bytes.size; ) {
    const window = await bytes.at(at, windowBytes);
    let place = window.indexOf(0xff);
    while (place !== -1 && place + 1 < window.length) {
      const code = window[place + 1]!;
      if (!isPartOfScan(code)) return { code, start: at + place };
      place = window.indexOf(0xff, place + 1);
    }
    // One that begins with the last byte of this window is seen whole in the next.
    at += place === -1 ? window.length : place;
    if (window.length <= 1) return null;
  }
  return null;
}

function isPartOfScan(code: number): boolean {
  return code <= 1 || code === 0xff || (code >= 0xd0 && code <= marker.start);
}
