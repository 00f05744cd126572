import { createContext, type ReactNode, useContext, useMemo } from "react";
import { createFormats, type Formats } from "./texts/formats.ts";
import { catalogues, type Language, preferredLanguage, type Texts } from "./texts/texts.ts";
import { useToday } from "./use-today.ts";

interface Spoken {
  language: Language;
  t: Texts;
  formats: Formats;
  /** By which the formats say «today»: who shows a date shows it again when the day changes. */
  today?: string;
}

const LanguageContext = createContext<Spoken | null>(null);

/** @param language a tag as `fr-CA`; the browser's own by default, and English where there is no browser */
export function ChatLanguage({ language, children }: { language?: string | undefined; children: ReactNode }) {
  const today = useToday();
  const spoken = useMemo(
    () => ({ ...speak(language === undefined ? browserTags() : [language]), today }),
    [language, today],
  );
  return <LanguageContext value={spoken}>{children}</LanguageContext>;
}

function browserTags(): readonly string[] {
  return typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
}

function speak(wanted: readonly string[]): Spoken {
  const language = preferredLanguage(wanted);
  return { language, t: catalogues[language], formats: createFormats(regional(language, wanted)) };
}

/** «en-GB» rather than «en» when the browser says so: the hour and the order of a date depend on it. */
export function regional(language: Language, wanted = browserTags()): string {
  const isRegional = (tag: string) => tag.toLowerCase().startsWith(`${language}-`);
  return wanted.find(isRegional) ?? browserTags().find(isRegional) ?? language;
}

let english: Spoken | undefined;

/** The words and formats of the components. Outside a `ChatLanguage`: English. */
export function useTexts(): Spoken {
  const spoken = useContext(LanguageContext);
  if (spoken) return spoken;
  english ??= speak([]);
  return english;
}
