import type { SignInOptions } from "@parloir/contracts/session.ts";
import * as z from "zod/mini";
import { type Route, route } from "../route.ts";

/** What the sign-in page may offer. Neither: the host application signs people in. */
export function signInRoutes(options: SignInOptions): Route[] {
  return [
    route({
      method: "get",
      path: "/api/sign-in",
      about: "What the sign-in page may offer.",
      answer: z.strictObject({ password: z.boolean(), demo: z.boolean() }),
      who: "anyone",
      handle: async () => ({ data: options }),
    }),
  ];
}
