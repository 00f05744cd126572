import * as z from "zod/mini";
import { storable } from "./http.ts";
import type { Person } from "./shapes.ts";

/** The standalone sign-in, for those who have no host application that signs people in. */

export const signInBody = z.strictObject({
  email: z.string().check(z.trim(), z.minLength(3), z.maxLength(320), storable),
  password: z.string().check(z.minLength(1), z.maxLength(200), storable),
});

/** Long rather than odd: no rules about which characters. */
export const passwordBody = z.strictObject({
  password: z.string().check(z.minLength(10), z.maxLength(200), storable),
});

/** What the sign-in page offers. */
export interface SignInOptions {
  password: boolean;
  demo: boolean;
}

export interface SignedIn {
  token: string;
  expiresAt: string;
  user: Person;
}
