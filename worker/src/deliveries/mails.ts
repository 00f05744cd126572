import { queues } from "@parloir/contracts/jobs.ts";
import type { MailConfig } from "@parloir/platform/env-deliveries.ts";
import type { Database } from "@parloir/store/database.ts";
import { markFailed, markSent } from "@parloir/store/deliveries.ts";
import type { BegunDigest } from "@parloir/store/digests.ts";
import { type Letter, putLetter } from "@parloir/store/mailbox.ts";
import { createTransport } from "nodemailer";
import { backoffMs } from "./backoff.ts";
import { digestText } from "./digest-text.ts";

/** Hands a letter over; the ledger's id is in it, by which mail programs recognise a repeat. */
export interface Post {
  send: (letter: Letter) => Promise<void>;
  close: () => void;
}

const connectMs = 10_000;
const silentMs = 20_000;

export function createPost(database: Database, { smtpUrl, from }: MailConfig): Post {
  if (smtpUrl === null) return { send: (letter) => putLetter(database, letter), close: () => undefined };
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: queues.mails.concurrency,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silentMs,
    // What people wrote stays text: no file and no address is read because of it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? "parloir.invalid";
  return {
    async send({ id, address, subject, content }) {
      await transport.sendMail({
        from,
        // As an object: an address with a comma in it would else be two.
        to: { name: "", address },
        subject,
        text: content,
        messageId: `<${id}@${domain}>`,
        headers: { "auto-submitted": "auto-generated" },
      });
    },
    close: () => transport.close(),
  };
}

/** Sends a begun e-mail, and writes into the ledger what became of it. */
export function createMailSender(options: {
  database: Database;
  post: Post;
  conversationUrl: string;
  backoffMs: number | null;
}): (digest: BegunDigest) => Promise<string> {
  const { database, post } = options;
  const { attempts } = queues.mails;
  const firstMs = options.backoffMs ?? queues.mails.backoffMs;

  return async (digest) => {
    const { id, userId, address } = digest;
    try {
      await post.send({ id, userId, address, ...digestText(digest, options.conversationUrl) });
    } catch (error) {
      const { reason, status, isFinal } = failureOf(error);
      const isLast = isFinal || digest.attempts >= attempts;
      const againInMs = isLast ? null : backoffMs(firstMs, digest.attempts);
      await markFailed(database, digest, { reason, status, againInMs });
      return isLast ? "dead" : "failed";
    }
    await markSent(database, id, null);
    return "sent";
  };
}

/** Servers of mail say with 5xx that asking again is useless, with 4xx that it is not. */
function failureOf(error: unknown): { reason: string; status: number | null; isFinal: boolean } {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  const status = typeof responseCode === "number" ? responseCode : null;
  return {
    reason: /^[A-Z0-9_]{1,64}$/.test(code ?? "") ? code!.toLowerCase() : "failed",
    status,
    isFinal: status !== null && status >= 500,
  };
}
