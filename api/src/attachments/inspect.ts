import { CodedError } from "@parloir/contracts/errors.ts";
import { parseFile } from "music-metadata";
import sharp, { type Sharp } from "sharp";
import { stripMetadata } from "./metadata/strip.ts";
import { sniff } from "./sniff.ts";

/** What the bytes of a file say about it. */
export interface Inspection {
  mediaType: string;
  /** Without what was taken out of it. */
  size: number;
  width: number | null;
  height: number | null;
  durationMs: number | null;
  /** WebP, at most `thumbnailSide` wide and high; null when the picture itself is small, or there is none. */
  thumbnail: Buffer | null;
}

const thumbnailSide = 480;
/** A picture that needs no smaller one. */
const smallBytes = 32_768;
const decodeSeconds = 10;
const metadataMs = 5_000;

// Only what `sniff` may name, and never what draws from a description (SVG) or fetches (PDF).
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Nsgif", "Heif"].map((format) => `VipsForeignLoad${format}`),
});
// Files are looked at once: a cache would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

/** HEIC is encoded in a way that the library may not decode: it is kept as a file. */
const pictures: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/apng",
  "image/gif",
  "image/webp",
  "image/avif",
]);

/**
 * Looks at a file that has arrived with `received` bytes, and takes out of it what is nobody's business.
 * @throws CodedError UNSUPPORTED, UNPROCESSABLE
 */
export async function inspect(file: string, received: number, maxPixels: number): Promise<Inspection> {
  const mediaType = await sniff(file);
  const size = await stripMetadata(file, mediaType, received);
  const nothing = { mediaType, size, width: null, height: null, durationMs: null, thumbnail: null };
  if (pictures.has(mediaType)) return { ...nothing, ...(await inspectPicture(file, size, maxPixels)) };
  if (/^(audio|video)\//.test(mediaType)) return { ...nothing, ...(await inspectSound(file, mediaType)) };
  return nothing;
}

async function inspectPicture(file: string, size: number, maxPixels: number) {
  try {
    // Of an animation only the first frame is ever decoded.
    const picture = sharp(file, { limitInputPixels: false, pages: 1, sequentialRead: true });
    const { autoOrient } = await picture.metadata();
    const { width, height } = autoOrient;
    // Said by the header alone: nothing has been unpacked yet.
    if (width * height > maxPixels)
      throw new CodedError("UNPROCESSABLE", `the picture has more than ${maxPixels} pixels`);
    const isSmall = width <= thumbnailSide && height <= thumbnailSide && size <= smallBytes;
    const thumbnail = isSmall ? null : await thumbnailOf(picture);
    return { width, height, thumbnail };
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError("UNPROCESSABLE", "the picture cannot be read", { cause: error });
  }
}

let decoding: Promise<unknown> = Promise.resolve();

/** One at a time: a picture of the largest size takes a fifth of a gigabyte while it is unpacked. */
function thumbnailOf(picture: Sharp): Promise<Buffer> {
  const made = decoding.then(() =>
    picture
      .autoOrient()
      .resize(thumbnailSide, thumbnailSide, { fit: "inside", withoutEnlargement: true })
      .webp({ quality: 75 })
      .timeout({ seconds: decodeSeconds })
      .toBuffer(),
  );
  decoding = made.catch(() => undefined);
  return made;
}

/** How long, where the file says so. A recording of sound alone in a container of films is sound. */
async function inspectSound(file: string, mediaType: string) {
  const parsed = parseFile(file, { skipCovers: true, duration: false });
  const late = new Promise<null>((resolve) => {
    setTimeout(resolve, metadataMs, null).unref();
  });
  const metadata = await Promise.race([parsed, late]).catch(() => null);
  if (!metadata) return {};
  const { duration, hasVideo, hasAudio } = metadata.format;
  const isSound = hasAudio === true && hasVideo !== true;
  return {
    mediaType: isSound ? mediaType.replace(/^video\/(?=mp4|webm)/, "audio/") : mediaType,
    durationMs:
      duration === undefined || !(duration > 0 && duration < 1e6) ? null : Math.round(duration * 1_000),
  };
}
