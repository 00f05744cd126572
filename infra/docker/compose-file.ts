import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** For tests: docker-compose.yml, and what a container of it has in its environment. */
export interface Service {
  image?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
  restart?: string;
  read_only?: boolean;
  user?: string;
}

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const compose = parse(readFileSync(path.join(root, "docker-compose.yml"), "utf8"), {
  merge: true,
}) as { services: Record<string, Service>; volumes: Record<string, unknown> };
/** Where the volume `secrets` is in a container. */
export const mounted = "/run/parloir";

/** As Docker puts the host's variables in, the innermost first: `:-` stands for what is empty too, `-` does not. */
function interpolated(value: string, host: Record<string, string>): string {
  const inner = /\$\{(\w+)(:?)-([^${}]*)\}/;
  const [all, name, orEmpty, otherwise] = inner.exec(value) ?? [];
  if (all === undefined) return value;
  const given = host[name!];
  const chosen = given === undefined || (orEmpty && given === "") ? otherwise! : given;
  return interpolated(
    value.replace(all, () => chosen),
    host,
  );
}

/** With the secrets in a folder here, and with variables of the host as an `.env` may set them. */
export function environmentOf(
  service: Service,
  secretsDir: string,
  host: Record<string, string> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      interpolated(value, host).replace(mounted, secretsDir),
    ]),
  );
}
