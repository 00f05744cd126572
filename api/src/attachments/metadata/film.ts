import { type Box, blank, boxesIn } from "./boxes.ts";
import type { Bytes } from "./bytes.ts";
import { collectEdits, type Edit } from "./edits.ts";

/** Where phones write place, device and names, of the film and of each track. */
const metadata: ReadonlySet<string> = new Set(["udta", "meta"]);
const unused = Buffer.from("free", "latin1");

/** Of MP4 and QuickTime. Frames, sound and the tables that lead to them stay where they are. */
export async function filmMetadata(bytes: Bytes): Promise<Edit[]> {
  const edits = collectEdits();

  async function look({ name, start, content, end }: Box, [next, ...deeper]: string[]): Promise<void> {
    if (metadata.has(name)) {
      edits.cut(start + 4, start + 8, unused);
      blank(edits, content, end);
    } else if (name === next) for await (const box of boxesIn(bytes, content, end)) await look(box, deeper);
  }

  for await (const box of boxesIn(bytes, 0, bytes.size)) await look(box, ["moov", "trak"]);
  return edits.list;
}
