import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A tree of its own, in which the next version can be put in place of the present one, as a deploy does it. */

const repository = fileURLToPath(new URL("../..", import.meta.url));
const ours = "@parloir";
/** What the servers run of. Without pages there is nothing to build. */
const parts = ["contracts", "platform", "store", "gateway", "api", "worker", "infra"];

export interface Release {
  root: string;
  version: string;
}

export async function checkOut(root: string): Promise<Release> {
  for (const part of ["package.json", ...parts])
    await cp(path.join(repository, part), path.join(root, part), {
      recursive: true,
      filter: (source) => !source.includes(`${path.sep}node_modules`),
    });
  const packages = path.join(repository, "node_modules");
  await mkdir(path.join(root, "node_modules", ours), { recursive: true });
  for (const name of await readdir(packages))
    if (name !== ours) await symlink(path.join(packages, name), path.join(root, "node_modules", name));
  // Ours lead into this tree: otherwise it would run what is in the repository.
  const workspaces = { ...Object.fromEntries(parts.map((part) => [part, part])), local: "infra/local" };
  for (const [name, folder] of Object.entries(workspaces))
    if (name !== "infra") await symlink(path.join(root, folder), path.join(root, "node_modules", ours, name));
  return { root, version: await versionIn(root) };
}

async function versionIn(root: string): Promise<string> {
  return JSON.parse(await readFile(path.join(root, "platform/package.json"), "utf8")).version;
}

interface Edit {
  file: string;
  find: string;
  replace: string;
}

/**
 * What the version before did not have: giving conversations to agents (migration 0016, a worker's round, the team's
 * routes) and canaries (a question of gateways that its apis do not know). It need not be what was made last: migrations
 * after it stay, as if they were older.
 */
const addedMigration = "store/migrations/0016-desks.sql";
const takenBack: Edit[] = [
  { file: "api/src/api.ts", find: "...teamRoutes({ database, cursors }),", replace: "" },
  { file: "api/src/internal.ts", find: "async canary({ items }) {", replace: "async unknown({ items }) {" },
  { file: "gateway/src/main.ts", find: "everyMs === 0", replace: "everyMs >= 0" },
  {
    file: "worker/src/worker.ts",
    find: "startAssignment({ database, redis, publisher, log, metrics })",
    replace: "{ stop: async () => undefined }",
  },
  { file: "store/src/erasure.ts", find: '["desk", "DELETE FROM desks WHERE user_id = $1"],', replace: "" },
];

/** Makes this tree the version before. @throws when the code is no longer such that this takes it back */
export async function takeBack({ root }: Release): Promise<void> {
  await rm(path.join(root, addedMigration));
  for (const { file, find, replace } of takenBack) {
    const source = await readFile(path.join(root, file), "utf8");
    if (source.split(find).length !== 2) throw new Error(`not found once in ${file}: ${find}`);
    await writeFile(
      path.join(root, file),
      source.replace(find, () => replace),
    );
  }
}

/**
 * The next version: this code under another number, with a migration of each kind that the rules let pass. Each of
 * them touches the message table, and none asks for anything of the version before.
 */
export async function putNext({ root }: Release, version: string): Promise<Release> {
  for (const present of [addedMigration, ...new Set(takenBack.map(({ file }) => file))])
    await cp(path.join(repository, present), path.join(root, present));
  const file = path.join(root, "platform/package.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...manifest, version }));
  for (const [name, sql] of Object.entries(nextMigrations))
    await writeFile(path.join(root, "store/migrations", `${name}.sql`), sql);
  return { root, version };
}

export const nextMigrations = {
  "9001-next": `
    CREATE TABLE next_release (conversation_id uuid PRIMARY KEY, noted_at timestamptz NOT NULL DEFAULT now());
    ALTER TABLE messages ADD COLUMN next_note text, ADD COLUMN next_weight integer NOT NULL DEFAULT 1;
    ALTER TABLE messages ADD CONSTRAINT next_seq CHECK (seq > 0) NOT VALID;
    CREATE FUNCTION next_release() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO next_release (conversation_id) VALUES (NEW.conversation_id) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$;
    CREATE TRIGGER messages_next AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION next_release();`,
  "9002-next-index": `-- outside a transaction
    DROP INDEX CONCURRENTLY IF EXISTS messages_next_weight;
    CREATE INDEX CONCURRENTLY messages_next_weight ON messages (next_weight, conversation_id);
    ALTER TABLE messages VALIDATE CONSTRAINT next_seq;`,
};

/** As a deploy does it before the first new process starts. */
export async function migrateWith({ root }: Release, databaseUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, [path.join(root, "store/src/main.ts"), "migrate"], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
}
