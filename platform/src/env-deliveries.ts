import type { Reader } from "./environment-reader.ts";
import { isNetwork } from "./networks.ts";

/** How people and the host's back end are told beyond open pages. */
export interface DeliveryConfig {
  /** Null: as the catalogue of jobs says. */
  backoffMs: number | null;
  /** A webhook that has failed for so long is disabled; null: never. */
  disableAfterHours: number | null;
  allowedNetworks: string[];
  /** Whom a push service may ask about what it is sent: an https or mailto URL. */
  pushContact: string;
  /** Null: nothing is sent by e-mail. */
  mail: MailConfig | null;
}

export interface MailConfig {
  /** Null: into the mailbox of development. */
  smtpUrl: string | null;
  from: string;
  /** Somebody has stayed away when they were not there for so long. */
  afterSeconds: number;
  /** Of a conversation, with `{id}` in it. */
  conversationUrl: string;
}

export function deliveries(env: Reader): DeliveryConfig {
  return {
    backoffMs: env.number("DELIVERY_BACKOFF_MS", 0) || null,
    disableAfterHours: env.number("WEBHOOK_DISABLE_AFTER_HOURS", 72) || null,
    allowedNetworks: allowedNetworks(env),
    pushContact: pushContact(env),
    mail: mail(env),
  };
}

function pushContact(env: Reader): string {
  const own = env.optional("PUBLIC_URL") ?? "";
  const contact = env.optional("PUSH_CONTACT");
  if (contact !== null && !/^(https:\/\/|mailto:).+/.test(contact))
    env.problem("PUSH_CONTACT is no https: or mailto: URL");
  return contact ?? (own.startsWith("https:") ? own : "mailto:parloir@localhost");
}

function mail(env: Reader): MailConfig | null {
  const smtpUrl = env.optional("SMTP_URL");
  const from = env.optional("MAIL_FROM");
  const conversationUrl = env.optional("CONVERSATION_URL") ?? ownUrl(env);
  const afterSeconds = env.number("MAIL_AFTER_SECONDS", 3_600);
  if (smtpUrl !== null && !/^smtps?:\/\/[^/]/.test(smtpUrl))
    env.problem("SMTP_URL is no smtp:// or smtps:// URL");
  if (smtpUrl !== null && from === null) env.problem("MAIL_FROM is required with SMTP_URL");
  if (!conversationUrl.includes("{id}") || !URL.canParse(conversationUrl.replace("{id}", "x")))
    env.problem("CONVERSATION_URL is no URL with {id} in it");
  if (afterSeconds === 0 || (smtpUrl === null && env.production)) return null;
  return { smtpUrl, from: from ?? "Parloir <parloir@localhost>", afterSeconds, conversationUrl };
}

function ownUrl(env: Reader): string {
  const own = env.text("PUBLIC_URL", "http://localhost:8080").replace(/\/+$/, "");
  return `${own}/messages?conversation={id}`;
}

/** On a laptop the receiver is most likely on it as well. */
export function allowedNetworks(env: Reader): string[] {
  const listed = env.list("OUTBOUND_NETWORKS");
  for (const network of listed)
    if (!isNetwork(network)) env.problem(`OUTBOUND_NETWORKS: "${network}" is no address or network`);
  const usable = listed.filter(isNetwork);
  return listed.length > 0 || env.production ? usable : ["127.0.0.0/8", "::1"];
}
