type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** Chooses the form of a word by the rules of a language: French says «0 message», English «0 messages». */
export function pluralIn(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => forms[rules.select(count)] ?? forms.other;
}
