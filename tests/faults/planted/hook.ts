/**
 * Loaded into a cluster's processes with `--import`, by tests only: rewrites the planted snippet of a source file at
 * the moment it is loaded. The product's code has no seam for this. A snippet that is not there ends the process: a
 * plant must not rot into a test of nothing.
 */
import { registerHooks } from "node:module";
import { lossyPublishing, plants } from "./plants.ts";

const chosen = (process.env.PARLOIR_PLANTS ?? "").split(",").filter((name) => name !== "");
const edits = chosen.flatMap((name) => {
  const plant = plants[name];
  if (!plant) throw new Error(`no such plant: ${name}`);
  return plant.edits;
});
if (process.env.PARLOIR_LOSSY_PUBLISHING) edits.push(...lossyPublishing);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = edits.filter(({ file }) => url.endsWith(`/${file}`));
    if (own.length === 0 || loaded.source == null) return loaded;
    let source = loaded.source.toString();
    if (typeof loaded.source !== "string") source = Buffer.from(loaded.source as Uint8Array).toString();
    for (const { find, replace } of own) {
      if (source.split(find).length !== 2)
        throw new Error(`planted snippet not found once in ${url}: ${find}`);
      source = source.replace(find, () => replace);
    }
    return { ...loaded, source };
  },
});
