import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { CodedError } from "@parloir/contracts/errors.ts";

/**
 * Passwords by argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), as PHC strings. Measured: 33 to 50 ms of
 * CPU each, for an unknown person as for a known one.
 */
const memory = 19_456;
const passes = 2;
const parallelism = 1;
const saltBytes = 16;
const tagLength = 32;
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,88})\$([A-Za-z0-9+/]{16,88})$/;

/** At once, each with its memory on a thread of libuv's four: the others are for files and names. */
const mostAtOnce = 2;
/** A queue this long is seconds of waiting: somebody floods, and who comes now is told to come again. */
const mostWaiting = 40;

export interface Passwords {
  hash: (password: string) => Promise<string>;
  /** Without a hash, for an unknown person, it takes as long and is false. */
  verify: (password: string, hash: string | null) => Promise<boolean>;
  /** Made with other parameters than today's. */
  isOutdated: (hash: string) => boolean;
}

const derive = promisify(argon2);

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting) throw new CodedError("UNAVAILABLE", "too many sign-ins at once");
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // The next one takes this one's place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  async function hash(password: string): Promise<string> {
    const nonce = randomBytes(saltBytes);
    const tag = await inTurn(() =>
      derive("argon2id", {
        message: password.normalize("NFKC"),
        nonce,
        memory,
        passes,
        parallelism,
        tagLength,
      }),
    );
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
  }

  /** Of nobody's password: what an unknown person's is compared with. */
  let nobodys: Promise<string> | undefined;

  return {
    hash,
    async verify(password, stored) {
      nobodys ??= hash(randomBytes(saltBytes).toString("hex"));
      const [, m, t, p, salt, tag] = phc.exec(stored ?? (await nobodys)) ?? [];
      if (salt === undefined || tag === undefined) throw new Error("a stored password hash is not readable");
      const expected = Buffer.from(tag, "base64");
      const given = await inTurn(() =>
        derive("argon2id", {
          message: password.normalize("NFKC"),
          nonce: Buffer.from(salt, "base64"),
          memory: Number(m),
          passes: Number(t),
          parallelism: Number(p),
          tagLength: expected.length,
        }),
      );
      return timingSafeEqual(given, expected) && stored !== null;
    },
    isOutdated: (stored) => !stored.startsWith(`$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
