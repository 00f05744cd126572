import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { remember, remembered } from "../remembered.ts";
import { type Catalogue, catalogues, type Language, languages, preferredLanguage } from "./catalogue.ts";
import { createFormats, type Formats } from "./formats.ts";

interface Spoken {
  language: Language;
  t: Catalogue;
  formats: Formats;
  speak(language: Language): void;
}

const LanguageContext = createContext<Spoken | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(
    () =>
      languages.find((known) => known === remembered("language")) ?? preferredLanguage(navigator.languages),
  );

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const spoken = useMemo<Spoken>(
    () => ({
      language,
      t: catalogues[language],
      formats: createFormats(regional(language)),
      speak(next) {
        remember("language", next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <LanguageContext value={spoken}>{children}</LanguageContext>;
}

/** «en-GB» rather than «en» when the browser says so: the hour and the order of a date depend on it. */
function regional(language: Language): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language;
}

export function useLanguage(): Spoken {
  const spoken = useContext(LanguageContext);
  if (!spoken) throw new Error("useLanguage outside LanguageProvider");
  return spoken;
}
