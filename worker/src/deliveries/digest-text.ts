import type { DigestLine } from "@parloir/store/digests.ts";

/** What an e-mail says, in the person's language. Plain text: what people wrote is nothing else in it. */
export interface DigestText {
  subject: string;
  content: string;
}

interface Words {
  subject: (count: number, conversations: number) => string;
  greeting: (name: string) => string;
  more: (count: number) => string;
  noText: string;
  why: string;
}

const english: Words = {
  subject: (count, conversations) =>
    `${count} unread ${count === 1 ? "message" : "messages"}${conversations > 1 ? ` in ${conversations} conversations` : ""}`,
  greeting: (name) => `Hello ${name},\n\nthis came while you were away:`,
  more: (count) => (count === 1 ? "and one message before it" : `and ${count} messages before it`),
  noText: "(no text)",
  why: "You get this because you have not read these messages. Your preferences say when you are notified, and how.",
};

const french: Words = {
  subject: (count, conversations) =>
    `${count} ${count === 1 ? "message non lu" : "messages non lus"}${conversations > 1 ? ` dans ${conversations} conversations` : ""}`,
  greeting: (name) => `Bonjour ${name},\n\nvoici ce qui est arrivé en votre absence :`,
  more: (count) => (count === 1 ? "et un message avant celui-ci" : `et ${count} messages avant celui-ci`),
  noText: "(sans texte)",
  why: "Vous recevez cet e-mail parce que vous n’avez pas lu ces messages. Vos préférences disent quand et comment vous êtes averti.",
};

export function digestText(
  { name, locale, lines }: { name: string; locale: string | null; lines: DigestLine[] },
  conversationUrl: string,
): DigestText {
  const words = locale !== null && /^fr\b/i.test(locale) ? french : english;
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  const entries = lines.map((line) => {
    const before = line.count > 1 ? `\n${words.more(line.count - 1)}` : "";
    // Indented, so that nobody's message can pass for the letter around it.
    const quoted = (line.message || words.noText).replace(/\s*\n\s*/g, "\n    ");
    return `${oneLine(line.title)}:\n    ${quoted}${before}\n${conversationUrl.replace("{id}", line.conversationId)}`;
  });
  return {
    subject: words.subject(count, lines.length),
    content: [words.greeting(oneLine(name)), ...entries, `-- \n${words.why}`].join("\n\n"),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
