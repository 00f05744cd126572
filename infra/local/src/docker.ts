/**
 * The last resort: a server in a container. The container shares the host's network, so ports and
 * configurations are the same as without Docker (Linux; on macOS switch host networking on).
 */
import { createHash } from "node:crypto";
import type { ProcessSpec } from "./child.ts";
import { findProgram } from "./files.ts";
import { searchPath } from "./options.ts";
import { run } from "./run.ts";

export interface Container {
  image: string;
  /** Folders with the same path inside and outside. */
  mounts: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** "uid:gid" of the process inside; the image's own when absent. */
  user?: string;
}

export async function dockerWorks(docker = findProgram("docker", searchPath())): Promise<boolean> {
  if (docker === null) return false;
  return (await run(docker, ["info"], { env: { PATH: searchPath().join(":") } })).code === 0;
}

/**
 * Turns "run this command" into "run it in a container". `docker run` passes SIGTERM and SIGINT on and ends
 * with the container; killed by SIGKILL it leaves the container, which `cleanUp` removes before the next run.
 */
export function inContainer(
  docker: string,
  spec: ProcessSpec,
  container: Container,
  dir: string,
): ProcessSpec {
  const name = `parloir-${createHash("sha256").update(dir).digest("hex").slice(0, 8)}-${spec.name}`;
  const env = { PATH: searchPath().join(":") };
  const args = ["run", "--rm", "--name", name, "--network", "host"];
  for (const folder of container.mounts) args.push("--volume", `${folder}:${folder}`);
  for (const [key, value] of Object.entries(container.env ?? {})) args.push("--env", `${key}=${value}`);
  if (container.user !== undefined) args.push("--user", container.user);
  return {
    ...spec,
    command: docker,
    args: [...args, container.image, spec.command, ...spec.args],
    env,
    cleanUp: async () => {
      await spec.cleanUp?.();
      await run(docker, ["rm", "--force", name], { env });
    },
    shownPid: (spawned) => containerPid(docker, name, spawned),
  };
}

async function containerPid(docker: string, name: string, spawned: number): Promise<number> {
  const env = { PATH: searchPath().join(":") };
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { output } = await run(docker, ["inspect", "--format", "{{.State.Pid}}", name], { env });
    if (Number(output) > 0) return Number(output);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return spawned;
}
