import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { writeSecrets } from "../docker/secrets.ts";

/** For tests: the overlays with secrets, which are in no repository. */
export const secretsDir = mkdtempSync(path.join(os.tmpdir(), "parloir-secrets-"));
writeSecrets(secretsDir);
afterAll(() => rmSync(secretsDir, { recursive: true }));

export function readWithSecrets(file: string): string {
  const [, secret] = /\/secrets\/([\w.-]+)$/.exec(file) ?? [];
  return readFileSync(secret === undefined ? file : path.join(secretsDir, secret), "utf8");
}
