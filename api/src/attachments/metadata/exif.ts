/** EXIF is a TIFF without a picture. Of all that it may say, how the picture is to be turned is what its looks need. */

const orientationTag = 0x0112;
const shortType = 3;
const entryBytes = 12;

/** 2 to 8, or null: upright, or not said. */
function orientationOf(tiff: Buffer): number | null {
  const order = tiff.toString("latin1", 0, 2);
  if (tiff.length < 8 || (order !== "II" && order !== "MM")) return null;
  const isLittle = order === "II";
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return null;
  const count = short(directory);
  for (let n = 0; n < count; n++) {
    const entry = directory + 2 + n * entryBytes;
    if (entry + entryBytes > tiff.length) return null;
    if (short(entry) !== orientationTag || short(entry + 2) !== shortType) continue;
    const value = short(entry + 8);
    return value >= 2 && value <= 8 ? value : null;
  }
  return null;
}

/** The shortest TIFF that says one thing. */
const shortestBytes = 26;

/** What is left of an EXIF: how the picture is to be turned, or nothing. Never more bytes than there were. */
export function orientationAlone(tiff: Buffer): Buffer | null {
  const orientation = orientationOf(tiff);
  if (orientation === null) return null;
  // Shorter than it should be: there is room for nothing else in it.
  if (tiff.length < shortestBytes) return Buffer.from(tiff);
  const alone = Buffer.alloc(shortestBytes);
  alone.write("MM\0*", 0, "latin1");
  alone.writeUInt32BE(8, 4); // where its one directory is
  alone.writeUInt16BE(1, 8); // of one entry
  alone.writeUInt16BE(orientationTag, 10);
  alone.writeUInt16BE(shortType, 12);
  alone.writeUInt32BE(1, 14); // value
  alone.writeUInt16BE(orientation, 18);
  return alone;
}
