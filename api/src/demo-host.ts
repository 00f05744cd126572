import type { Server } from "@parloir/client/server/server.ts";
import type { PublishReceipt } from "@parloir/contracts/channels.ts";
import { type DemoStep, demoIds, demoStory } from "@parloir/contracts/demo-story.ts";
import * as z from "zod/mini";
import { type Route, route } from "./route.ts";

/**
 * The back end of the demonstration's portal: what a host application's own server does when something changes there.
 * It knows the cluster by its address and its server key alone, as any host does. In development only: the SDK is no
 * part of the production image.
 */
export function demoHostRoutes({ serverKey }: { serverKey: string }): Route[] {
  return [
    route({
      method: "post",
      path: "/api/demo/portal/next",
      about: "The portal's back end takes a step of its story.",
      answer: z.strictObject({ cursor: z.int() }),
      who: "person",
      body: z.strictObject({
        step: z.int().check(z.minimum(0), z.maximum(1_000_000)),
        /** What the page before the person is in, which may be another than their account's. */
        language: z.enum(["en", "fr"]),
      }),
      async handle({ body, person, request }) {
        const step = demoStory[body.step % demoStory.length]!;
        const { createServer } = await import("@parloir/client/server/server.ts");
        const parloir = createServer({ url: `http://127.0.0.1:${request.socket.localPort}`, serverKey });
        const { cursor } = await tell(parloir, step);
        const message = step.words[body.language];
        await parloir.notifyUser(person.id, { title: "Atelier Nord", message, level: step.level });
        return { data: { cursor } };
      },
    }),
  ];
}

function tell(parloir: Server, step: DemoStep): Promise<PublishReceipt> {
  switch (step.event) {
    case "project-updated":
      return parloir.projectUpdated({ projectId: demoIds.project, ...step.payload });
    case "document-added":
      return parloir.documentAdded({ projectId: demoIds.project, ...step.payload });
    case "ticket-updated":
      return parloir.ticketUpdated({ ticketId: demoIds.ticket, ...step.payload });
    case "intervention-updated":
      return parloir.interventionUpdated({ interventionId: demoIds.intervention, ...step.payload });
    case "quote-updated":
      return parloir.quoteUpdated({ quoteId: demoIds.quote, ...step.payload });
  }
}
