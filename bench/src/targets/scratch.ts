import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface ScratchFolder {
  path: string;
  remove(): void;
}

const localFolder = fileURLToPath(new URL("../../../.local", import.meta.url));

/** Below .local rather than the system's temporary folder: that may be memory, where fsync costs nothing. */
export function scratchFolder(name: string): ScratchFolder {
  mkdirSync(localFolder, { recursive: true });
  const path = mkdtempSync(join(localFolder, `bench-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
