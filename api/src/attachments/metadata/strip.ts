import { open } from "node:fs/promises";
import { type Bytes, readBytes } from "./bytes.ts";
import { applyEdits, type Edit } from "./edits.ts";
import { filmMetadata } from "./film.ts";
import { heifMetadata } from "./heif.ts";
import { jpegMetadata } from "./jpeg.ts";
import { pngMetadata } from "./png.ts";
import { webpMetadata } from "./webp.ts";

const metadataOf: Record<string, (bytes: Bytes) => Promise<Edit[]>> = {
  "image/jpeg": jpegMetadata,
  "image/png": pngMetadata,
  "image/apng": pngMetadata,
  "image/webp": webpMetadata,
  "image/avif": heifMetadata,
  "image/heic": heifMetadata,
  "image/heif": heifMetadata,
  "video/mp4": filmMetadata,
  "video/quicktime": filmMetadata,
  "audio/mp4": filmMetadata,
};

/**
 * Takes out of a picture or a film what does not show in it: where and when it was made, with what, by whom. A photo in
 * a chat does not tell where somebody lives. Pixels, colours and frames stay as they are, bit by bit, and so does the way it is
 * to be turned; of other files nothing is changed. Memory is bounded however large the file.
 * @returns the size of the file then
 * @throws CodedError UNPROCESSABLE
 */
export async function stripMetadata(file: string, mediaType: string, size: number): Promise<number> {
  const find = metadataOf[mediaType];
  if (!find) return size;
  const handle = await open(file, "r+");
  try {
    return await applyEdits(handle, size, await find(readBytes(handle, size)));
  } finally {
    await handle.close();
  }
}
