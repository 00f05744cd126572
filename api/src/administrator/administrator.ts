import { randomBytes } from "node:crypto";
import type { Person } from "@parloir/contracts/shapes.ts";

/**
 * The first administrator of an installation, or one who has forgotten the password: by the same routes and with the
 * same key as a host's back end, so that the audit log has it.
 */
export interface AdministratorRequest {
  /** Of an api. */
  url: string;
  serverKey: string;
  email: string;
  /** Absent: what the person is called already, or the part of the address before the @. */
  name?: string | undefined;
}

const patienceMs = 15_000;

/** @returns the new password, which is nowhere else. Whoever had this address's account before is signed out. */
export async function makeAdministrator({
  url,
  serverKey,
  email,
  name,
}: AdministratorRequest): Promise<string> {
  const ask = async <Data>(method: string, path: string, body?: object): Promise<Data | null> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${serverKey}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const answer = (await response.json()) as { data: Data; error?: { code: string; message: string } };
    if (method === "GET" && response.status === 404) return null;
    if (answer.error) throw new Error(`${method} ${path}: ${answer.error.code}, ${answer.error.message}`);
    return answer.data;
  };
  // The address is the id too, so that a second time finds the same person. What an id cannot have becomes a colon,
  // which no address has.
  const path = `/api/users/${encodeURIComponent(email.toLowerCase().replace(/[^a-z0-9._:@-]/g, ":"))}`;
  const known = await ask<Person>("GET", path);
  await ask("PUT", path, {
    name: name ?? known?.name ?? email.split("@")[0],
    email,
    role: "admin",
    // It replaces everything that is known of a person.
    ...(known?.avatarUrl === undefined ? {} : { avatarUrl: known.avatarUrl }),
    ...(known?.locale === undefined ? {} : { locale: known.locale }),
  });
  const password = randomBytes(18).toString("base64url");
  await ask("PUT", `${path}/password`, { password });
  return password;
}
