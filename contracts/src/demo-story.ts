import { type HostEvents, hostChannels } from "./host-events.ts";
import type { ToastLevel } from "./shapes.ts";

/** What happens in the demonstration's portal, one step at each press of its button, and then again from the beginning. */
export const demoIds = {
  project: "demo-1",
  ticket: "demo-1",
  intervention: "demo-1",
  quote: "demo-1",
} as const;

/** What demo people may subscribe to by their tokens. */
export const demoChannels = [
  hostChannels.project(demoIds.project),
  hostChannels.ticket(demoIds.ticket),
  hostChannels.intervention(demoIds.intervention),
  hostChannels.quote(demoIds.quote),
];

/** Whose it is stands in `demoIds`. */
type Told = {
  [Event in Exclude<keyof HostEvents, "user-notification">]: {
    event: Event;
    payload: Omit<HostEvents[Event], "projectId" | "ticketId" | "interventionId" | "quoteId" | "details">;
    /** Also told to the person who looks, in their language. */
    words: { en: string; fr: string };
    level: ToastLevel;
  };
};

export type DemoStep = Told[keyof Told];

export const demoStory: readonly DemoStep[] = [
  {
    event: "project-updated",
    payload: { status: "running", progress: 20 },
    words: { en: "Your project has begun.", fr: "Votre projet a commencé." },
    level: "info",
  },
  {
    event: "document-added",
    payload: { documentId: "d1", name: "Plan-2.pdf" },
    words: { en: "A new plan is there.", fr: "Un nouveau plan est disponible." },
    level: "info",
  },
  {
    event: "quote-updated",
    payload: { status: "sent", amount: { value: 1840, currency: "EUR" } },
    words: { en: "A quote waits for your answer.", fr: "Un devis attend votre réponse." },
    level: "warning",
  },
  {
    event: "ticket-updated",
    payload: { status: "running", assigneeId: "demo-lea" },
    words: { en: "Léa takes care of your ticket.", fr: "Léa s’occupe de votre ticket." },
    level: "info",
  },
  {
    event: "intervention-updated",
    payload: { status: "planned", technicianId: "demo-lea" },
    words: { en: "The technician’s visit is planned.", fr: "La visite du technicien est planifiée." },
    level: "info",
  },
  {
    event: "quote-updated",
    payload: { status: "accepted" },
    words: { en: "The quote is accepted.", fr: "Le devis est accepté." },
    level: "success",
  },
  {
    event: "project-updated",
    payload: { status: "running", progress: 65 },
    words: { en: "Two thirds of your project are done.", fr: "Votre projet est fait aux deux tiers." },
    level: "info",
  },
  {
    event: "intervention-updated",
    payload: { status: "done" },
    words: { en: "The technician has been there.", fr: "Le technicien est passé." },
    level: "success",
  },
  {
    event: "document-added",
    payload: { documentId: "d2", name: "Facture-1840.pdf" },
    words: { en: "Your invoice is there.", fr: "Votre facture est disponible." },
    level: "info",
  },
  {
    event: "ticket-updated",
    payload: { status: "resolved" },
    words: { en: "Your ticket is resolved.", fr: "Votre ticket est résolu." },
    level: "success",
  },
  {
    event: "project-updated",
    payload: { status: "done", progress: 100 },
    words: { en: "Your project is done.", fr: "Votre projet est terminé." },
    level: "success",
  },
];
