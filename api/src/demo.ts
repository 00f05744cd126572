import { demoChannels } from "@parloir/contracts/demo-story.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { DemoAccount } from "@parloir/contracts/http.ts";
import { userId } from "@parloir/contracts/ids.ts";
import { demoAccount, issuedToken, person } from "@parloir/contracts/shape-schemas.ts";
import type { Role } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import { bySystem } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { putPerson } from "@parloir/store/people.ts";
import * as z from "zod/mini";
import { type Route, route } from "./route.ts";
import type { MintToken } from "./standing.ts";

/**
 * Six people to try Parloir with. In development only: production refuses DEMO_ACCOUNTS at start, so these routes
 * do not exist there.
 */
type Demo = DemoAccount & { role: Role; email: string };

export const demoPeople: Demo[] = [
  demo("ana", "Ana Ruiz", "agent", "en", "Support agent", "Agente du support"),
  demo("karim", "Karim Benali", "agent", "fr", "Support agent", "Agent du support"),
  demo("zoe", "Zoé Lambert", "client", "fr", "Buyer on the marketplace", "Acheteuse sur la place de marché"),
  demo("tom", "Tom Becker", "client", "en", "Seller on the marketplace", "Vendeur sur la place de marché"),
  demo("lea", "Léa Moreau", "technician", "fr", "Field technician", "Technicienne d’intervention"),
  demo("sam", "Sam Okafor", "admin", "en", "Administrator", "Administrateur"),
];

function demo(id: string, name: string, role: Role, locale: string, en: string, fr: string): Demo {
  return { id: `demo-${id}`, name, role, locale, email: `${id}@demo.example`, title: { en, fr } };
}

const retryMs = 1_000;

/** Goes on until it worked: an api may start while Postgres is away. */
export async function seedDemoPeople(database: Database, log: Log): Promise<void> {
  try {
    for (const { id, name, role, locale, email } of demoPeople) {
      await putPerson(database, { id, name, role, locale, email }, bySystem);
    }
  } catch (error) {
    log.warn({ err: error }, "the demo people could not be written yet");
    setTimeout(() => void seedDemoPeople(database, log), retryMs).unref();
  }
}

const tokenTtlSeconds = 3_600;

export function demoRoutes(mintToken: MintToken): Route[] {
  return [
    route({
      method: "get",
      path: "/api/demo/accounts",
      about: "The demo people.",
      answer: z.strictObject({ accounts: z.array(demoAccount) }),
      who: "anyone",
      handle: async () => ({
        data: { accounts: demoPeople.map(({ email: _, ...account }): DemoAccount => account) },
      }),
    }),
    route({
      method: "post",
      path: "/api/demo/sessions",
      about: "Signs a demo person in.",
      answer: z.strictObject({ ...issuedToken.shape, user: person }),
      who: "anyone",
      body: z.strictObject({ userId }),
      async handle({ body }) {
        const person = demoPeople.find((each) => each.id === body.userId);
        if (!person) throw new CodedError("NOT_FOUND", "no such demo account");
        const { id, name, role, email, locale } = person;
        const token = await mintToken(id, tokenTtlSeconds, demoChannels);
        return { status: 201, data: { ...token, user: { id, name, role, email, locale } } };
      },
    }),
  ];
}
