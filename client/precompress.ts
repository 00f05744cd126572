import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const texts = /\.(js|css|json|svg|html)$/;
/** In one packet anyway. */
const leastBytes = 1_400;

/**
 * Beside each built file of text its two compressed forms, which the api answers with as they lie there: so they are
 * made once, and better than anybody would wait for at each request.
 */
export function precompress(): Plugin {
  return {
    name: "precompress",
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) return;
      await Promise.all(
        Object.values(bundle).map(async (file) => {
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (!texts.test(file.fileName) || source.length < leastBytes) return;
          for (const [ending, bytes] of Object.entries(await compressed(source)))
            await writeFile(join(dir, `${file.fileName}.${ending}`), bytes);
        }),
      );
    },
  };
}

async function compressed(source: Buffer): Promise<{ br: Buffer; gz: Buffer }> {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(source, { params }),
    promisify(gzip)(source, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  return { br, gz };
}
