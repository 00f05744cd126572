import type { ToastLevel } from "./shapes.ts";

/**
 * What a host's back end usually tells its people, with the names and payloads that its pages can rely on. A channel
 * carries any other event as well: these are a convention, not a limit.
 */

/** Whatever else the host wants to say; part of every payload. */
export interface HostDetails {
  details?: Record<string, unknown>;
}

export interface ProjectUpdated extends HostDetails {
  projectId: string;
  title?: string;
  status?: string;
  /** 0 to 100. */
  progress?: number;
}

export interface TicketUpdated extends HostDetails {
  ticketId: string;
  title?: string;
  status?: string;
  assigneeId?: string | null;
}

export interface DocumentAdded extends HostDetails {
  projectId: string;
  documentId: string;
  name: string;
  url?: string;
}

export interface InterventionUpdated extends HostDetails {
  interventionId: string;
  status?: string;
  technicianId?: string | null;
  /** ISO 8601. */
  plannedAt?: string;
}

export interface QuoteUpdated extends HostDetails {
  quoteId: string;
  status?: string;
  amount?: { value: number; currency: string };
}

export interface UserNotification extends HostDetails {
  title: string;
  message: string;
  level?: ToastLevel;
  /** Where a click leads. */
  href?: string;
}

export interface HostEvents {
  "project-updated": ProjectUpdated;
  "ticket-updated": TicketUpdated;
  "document-added": DocumentAdded;
  "intervention-updated": InterventionUpdated;
  "quote-updated": QuoteUpdated;
  "user-notification": UserNotification;
}
export type HostEventName = keyof HostEvents;

/** The channels that these events travel in. */
export const hostChannels = {
  project: (id: string) => `project:${id}`,
  ticket: (id: string) => `ticket:${id}`,
  intervention: (id: string) => `intervention:${id}`,
  quote: (id: string) => `quote:${id}`,
  user: (id: string) => `user:${id}`,
} as const;

/** Narrows a channel's event to one of these: `if (isHostEvent(event, "ticket-updated")) event.payload.ticketId`. */
export function isHostEvent<E extends HostEventName>(
  event: { event: string; payload: unknown },
  name: E,
): event is { event: E; payload: HostEvents[E] } {
  return event.event === name;
}
