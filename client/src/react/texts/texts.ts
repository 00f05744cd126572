import { en } from "./en.ts";
import { fr } from "./fr.ts";

/** A catalogue with its texts open: a language that lacks one does not compile. */
export type Open<Catalogue> = {
  [Key in keyof Catalogue]: Catalogue[Key] extends (...args: infer Args) => string
    ? (...args: Args) => string
    : string;
};

/** What the components say. */
export type Texts = Open<typeof en>;

export const catalogues = { en, fr } satisfies Record<string, Texts>;

export type Language = keyof typeof catalogues;
export const languages = Object.keys(catalogues) as Language[];

/** The first of the browser's languages that we speak. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = languages.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}
