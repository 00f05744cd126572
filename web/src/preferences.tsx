import { Icon } from "@parloir/client/react/icons.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { catalogues, languages } from "./languages/catalogue.ts";
import { useLanguage } from "./languages/language.tsx";
import { chooseTheme, theme, themes } from "./theme.ts";

export function LanguageSwitch() {
  const { language, speak, t } = useLanguage();
  return (
    <fieldset className="segmented" aria-label={t.language} data-testid="language-switch">
      {languages.map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          title={catalogues[each].languageName}
          onClick={() => speak(each)}
        >
          {each.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
}

export function ThemeSwitch() {
  const { t } = useLanguage();
  const present = useSnapshot(theme);
  const names = { system: t.themeSystem, light: t.themeLight, dark: t.themeDark };
  return (
    <span className="choice">
      <Icon name="theme" size={16} />
      <select
        aria-label={t.theme}
        value={present}
        onChange={(event) => chooseTheme(themes.find((each) => each === event.target.value) ?? "system")}
        data-testid="theme-switch"
      >
        {themes.map((each) => (
          <option key={each} value={each}>
            {names[each]}
          </option>
        ))}
      </select>
    </span>
  );
}
