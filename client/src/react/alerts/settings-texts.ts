import type { Language } from "../texts/texts.ts";

/** Come with the panel: nobody needs them to read a message. */
const en = {
  channels: "Tell me of new messages",
  socket: "On the pages I have open, with a toast and a sound",
  push: "In the browsers in which I allowed it, also without an open page",
  email: "By e-mail, when I have not been here for a while",
  webhook: "By other ways of the application that shows these messages",
  quiet: "Quiet hours",
  quietHint: "Within them nothing is shown or sent. The bell keeps it all.",
  from: "From",
  to: "To",
  zone: (zone: string) => `Hours of ${zone}`,
  same: "The two times are the same.",
  saved: "Saved",
  failed: "That did not work. Try again in a moment.",
};

export type SettingsTexts = typeof en;

const fr: SettingsTexts = {
  channels: "Me prévenir des nouveaux messages",
  socket: "Sur les pages que j’ai ouvertes, avec une bulle et un son",
  push: "Dans les navigateurs où je l’ai permis, même sans page ouverte",
  email: "Par e-mail, quand je ne suis pas venu depuis un moment",
  webhook: "Par d’autres moyens de l’application qui montre ces messages",
  quiet: "Heures calmes",
  quietHint: "Pendant ce temps, rien n’est montré ni envoyé. La cloche garde tout.",
  from: "De",
  to: "À",
  zone: (zone) => `Heures de ${zone}`,
  same: "Les deux heures sont les mêmes.",
  saved: "Enregistré",
  failed: "Cela n’a pas marché. Réessayez dans un instant.",
};

export const settingsTexts: Record<Language, SettingsTexts> = { en, fr };
