import type { Named, Participant, SystemEvent, SystemLine } from "@parloir/contracts/shapes.ts";

/** System lines in words, for the pages and the widget alike. */

export type SystemLanguage = keyof typeof sentences;

interface Sentences extends Record<Exclude<SystemEvent, "called">, Sentence> {
  called: CallSentences;
}

/** `actor` null: the host's back end did it, or the person themselves. `person` is whom it happened to. */
type Sentence = (actor: string | null, person: string) => string;

interface CallSentences {
  lasted: (duration: string) => string;
  brokeOff: (duration: string) => string;
  /** For the one who was called. */
  missed: (caller: string) => string;
  unanswered: (caller: string, callee: string) => string;
  declined: (caller: string, callee: string) => string;
}

const en: Sentences = {
  member_added: (actor, person) => (actor === null ? `${person} joined` : `${actor} added ${person}`),
  member_removed: (actor, person) =>
    actor === null ? `${person} is no longer here` : `${actor} removed ${person}`,
  member_left: (_actor, person) => `${person} left`,
  assigned: (actor, person) =>
    actor === null ? `${person} has taken the conversation` : `${actor} gave the conversation to ${person}`,
  unassigned: (actor, person) =>
    actor === null
      ? `${person} no longer has the conversation`
      : `${actor} took the conversation from ${person}`,
  closed: (actor) => (actor === null ? "The conversation was closed" : `${actor} closed the conversation`),
  reopened: (actor) =>
    actor === null ? "The conversation was reopened" : `${actor} reopened the conversation`,
  called: {
    lasted: (duration) => `Video call, ${duration}`,
    brokeOff: (duration) => `Video call that broke off after ${duration}`,
    missed: (caller) => `Missed video call from ${caller}`,
    unanswered: (caller, callee) => `${caller} called ${callee}, without an answer`,
    declined: (caller, callee) => `${caller} called ${callee}, who declined`,
  },
};

const fr: Sentences = {
  member_added: (actor, person) =>
    actor === null ? `${person} a rejoint la conversation` : `${actor} a ajouté ${person}`,
  member_removed: (actor, person) =>
    actor === null ? `${person} ne fait plus partie de la conversation` : `${actor} a retiré ${person}`,
  member_left: (_actor, person) => `${person} a quitté la conversation`,
  assigned: (actor, person) =>
    actor === null
      ? `${person} s’occupe de la conversation`
      : `${actor} a confié la conversation à ${person}`,
  unassigned: (actor, person) =>
    actor === null
      ? `${person} ne s’occupe plus de la conversation`
      : `${actor} a retiré la conversation à ${person}`,
  closed: (actor) => (actor === null ? "La conversation a été fermée" : `${actor} a fermé la conversation`),
  reopened: (actor) =>
    actor === null ? "La conversation a été rouverte" : `${actor} a rouvert la conversation`,
  called: {
    lasted: (duration) => `Appel vidéo, ${duration}`,
    brokeOff: (duration) => `Appel vidéo interrompu après ${duration}`,
    missed: (caller) => `Appel vidéo manqué de ${caller}`,
    unanswered: (caller, callee) => `${caller} a appelé ${callee}, sans réponse`,
    declined: (caller, callee) => `${caller} a appelé ${callee}, qui a refusé l’appel`,
  },
};

const sentences = { en, fr };

/** Keeps a name's direction to itself: it stands in the middle of our sentence. */
const isolated = (name: string) => `\u2068${name}\u2069`;

/**
 * People are called as they are now; who is there no more, as they were then.
 * @param me who reads it: to whom nobody answered, it is a missed call
 */
export function systemText(
  language: SystemLanguage,
  line: SystemLine,
  participants: readonly Participant[],
  me: string | null,
): string {
  const { event, actor, person } = line;
  const nameOf = ({ userId, name }: Named) =>
    isolated(participants.find((one) => one.userId === userId)?.name ?? name);
  const whom = person ? nameOf(person) : "";
  if (event === "called")
    return callText(sentences[language].called, line, actor ? nameOf(actor) : "", whom, me);
  const other = actor?.userId === person?.userId ? null : actor;
  return sentences[language][event](other && nameOf(other), whom);
}

function callText(
  say: CallSentences,
  { call, person }: SystemLine,
  caller: string,
  callee: string,
  me: string | null,
): string {
  const { ending, seconds } = call ?? { ending: "unanswered", seconds: null };
  if (seconds !== null) return (ending === "failed" ? say.brokeOff : say.lasted)(durationText(seconds));
  if (ending === "declined") return say.declined(caller, callee);
  return person?.userId === me ? say.missed(caller) : say.unanswered(caller, callee);
}

const noBreak = "\u00a0";

/** «45 s», «3 min», «1 h 5 min»: the same in both languages. */
function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds}${noBreak}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${noBreak}min`;
  const hours = `${Math.floor(minutes / 60)}${noBreak}h`;
  return minutes % 60 === 0 ? hours : `${hours}${noBreak}${minutes % 60}${noBreak}min`;
}
