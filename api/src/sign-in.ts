import { CodedError } from "@parloir/contracts/errors.ts";
import type { AttemptLimit } from "@parloir/platform/attempt-limit.ts";
import { networkOf } from "@parloir/platform/client-address.ts";
import { type Origin, record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { findCredentials, replaceHash } from "@parloir/store/sessions.ts";
import type { Passwords } from "./passwords.ts";

/**
 * Who has this e-mail and password. An unknown person costs the same time and gets the same words as a wrong
 * password, and is limited just so; a good sign-in does not count.
 * @throws CodedError UNAUTHENTICATED or RATE_LIMITED
 */
export type SignIn = (given: { email: string; password: string }, origin: Origin) => Promise<string>;

export function createSignIn(options: {
  database: Database;
  passwords: Passwords;
  attempts: AttemptLimit;
}): SignIn {
  const { database, passwords, attempts } = options;

  /** All of them, also when one refuses: else the limit of the one would tell of the other. */
  async function spend(keys: string[]): Promise<void> {
    const waits = await Promise.all(keys.map(attempts.spend));
    const retryAfterMs = Math.max(...waits);
    if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too many sign-ins", { retryAfterMs });
  }

  return async ({ email, password }, origin) => {
    const keys = [`account:${email.toLowerCase()}`, `address:${networkOf(origin.address ?? "")}`];
    await spend(keys);
    const found = await findCredentials(database, email);
    if (!(await passwords.verify(password, found?.hash ?? null)) || !found) {
      await record(database.query, origin, { action: "session.refused", target: found?.userId ?? null });
      throw new CodedError("UNAUTHENTICATED", "the e-mail address or the password is wrong");
    }
    await Promise.all(keys.map(attempts.giveBack));
    if (passwords.isOutdated(found.hash)) await replaceHash(database, found, await passwords.hash(password));
    return found.userId;
  };
}
