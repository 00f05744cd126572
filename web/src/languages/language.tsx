import { ChatLanguage, regional } from "@parloir/client/react/language.tsx";
import { remember, remembered } from "@parloir/client/react/remembered.ts";
import { createFormats, type Formats } from "@parloir/client/react/texts/formats.ts";
import { useToday } from "@parloir/client/react/use-today.ts";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { type Catalogue, catalogues, type Language, languages, preferredLanguage } from "./catalogue.ts";

interface Spoken {
  language: Language;
  t: Catalogue;
  formats: Formats;
  /** By which the formats say «today». */
  today: string;
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

  const today = useToday();
  const spoken = useMemo<Spoken>(
    () => ({
      language,
      t: catalogues[language],
      formats: createFormats(regional(language)),
      today,
      speak(next) {
        remember("language", next);
        setLanguage(next);
      },
    }),
    [language, today],
  );
  return (
    <LanguageContext value={spoken}>
      <ChatLanguage language={language}>{children}</ChatLanguage>
    </LanguageContext>
  );
}

export function useLanguage(): Spoken {
  const spoken = useContext(LanguageContext);
  if (!spoken) throw new Error("useLanguage outside LanguageProvider");
  return spoken;
}
