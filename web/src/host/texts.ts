import { pluralIn } from "@parloir/client/react/texts/plural.ts";
import type { Language } from "../languages/catalogue.ts";
import { useLanguage } from "../languages/language.tsx";

const one = pluralIn("en");
const un = pluralIn("fr");

const en = {
  pages: "Pages",
  messages: "Messages",
  marketplace: "Marketplace",
  portal: "Portal",
  bank: "Bank",
  support: "Support",
  responseTimes: "Response times",
  metrics: "Metrics",
  marketplaceIntro:
    "Write to a seller: the conversation about a listing opens by itself, and is the same every time.",
  portalIntro: "What changes in the workshop’s back end changes here, without a reload.",
  bankIntro: "Questions about your accounts go to your adviser; his answers are announced by the bell.",
  source: "The source of this page",
  signIn: "Sign in",
  yourListing: "your listing",
  actAsHost: "Act as the host’s back end",
  actHint: "The next step of the story is published with the server SDK.",
  actFailed: "The back end did not answer.",
  project: "Project",
  progress: "Progress",
  ticket: "Ticket",
  quote: "Quote",
  noAmount: "Not calculated yet",
  intervention: "Technician’s visit",
  documents: "Documents",
  statuses: {
    open: "open",
    running: "in progress",
    sent: "sent to you",
    planned: "planned",
    accepted: "accepted",
    resolved: "resolved",
    done: "done",
  },
  accounts: { current: "Current account", savings: "Savings account", business: "Business account" },
  movements: "Latest movements",
  adviserIsThere: (name: string) => `${name}, your adviser, answers in the corner below.`,
  adviserWrote: (name: string, count: number) =>
    one(count, { one: `${name} wrote to you.`, other: `${name} wrote to you: ${count} messages.` }),
};

type HostTexts = typeof en;

const fr: HostTexts = {
  pages: "Pages",
  messages: "Messages",
  marketplace: "Place de marché",
  portal: "Portail",
  bank: "Banque",
  support: "Support",
  responseTimes: "Temps de réponse",
  metrics: "Métriques",
  marketplaceIntro:
    "Écrivez à un vendeur : la conversation sur une annonce s’ouvre d’elle-même, et c’est toujours la même.",
  portalIntro: "Ce qui change dans le back-end de l’atelier change ici, sans rechargement.",
  bankIntro: "Vos questions vont à votre conseiller ; la cloche annonce ses réponses.",
  source: "Le code de cette page",
  signIn: "Se connecter",
  yourListing: "votre annonce",
  actAsHost: "Agir comme le back-end",
  actHint: "L’étape suivante de l’histoire est publiée avec le SDK du serveur.",
  actFailed: "Le back-end n’a pas répondu.",
  project: "Projet",
  progress: "Avancement",
  ticket: "Ticket",
  quote: "Devis",
  noAmount: "Pas encore calculé",
  intervention: "Visite du technicien",
  documents: "Documents",
  statuses: {
    open: "ouvert",
    running: "en cours",
    sent: "envoyé",
    planned: "planifiée",
    accepted: "accepté",
    resolved: "résolu",
    done: "terminé",
  },
  accounts: { current: "Compte courant", savings: "Compte d’épargne", business: "Compte professionnel" },
  movements: "Derniers mouvements",
  adviserIsThere: (name) => `${name}, votre conseiller, vous répond dans le coin ci-dessous.`,
  adviserWrote: (name, count) =>
    un(count, { one: `${name} vous a écrit.`, other: `${name} vous a écrit : ${count} messages.` }),
};

const texts: Record<Language, HostTexts> = { en, fr };

export const useHostTexts = () => texts[useLanguage().language];
