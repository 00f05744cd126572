import type { Language, Open } from "@parloir/client/react/texts/texts.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";

/** The words of the components and those of the pages. */
export type Catalogue = Open<typeof en>;

export const catalogues: Record<Language, Catalogue> = { en, fr };

export { type Language, languages, preferredLanguage } from "@parloir/client/react/texts/texts.ts";
