import type { Named, Participant, SystemEvent, SystemLine } from "@parloir/contracts/shapes.ts";

/** System lines in words, for the pages and the widget alike. */

export type SystemLanguage = keyof typeof sentences;

/** `actor` null: the host's back end did it, or the person themselves. `person` is whom it happened to. */
type Sentences = Record<SystemEvent, (actor: string | null, person: string) => string>;

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
};

const sentences = { en, fr };

/** Keeps a name's direction to itself: it stands in the middle of our sentence. */
const isolated = (name: string) => `\u2068${name}\u2069`;

/** People are called as they are now; who is there no more, as they were then. */
export function systemText(
  language: SystemLanguage,
  { event, actor, person }: SystemLine,
  participants: readonly Participant[],
): string {
  const nameOf = ({ userId, name }: Named) =>
    isolated(participants.find((one) => one.userId === userId)?.name ?? name);
  const other = actor?.userId === person?.userId ? null : actor;
  return sentences[language][event](other && nameOf(other), person ? nameOf(person) : "");
}
