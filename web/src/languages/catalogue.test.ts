import { expect, test } from "vitest";
import { catalogues, preferredLanguage } from "./catalogue.ts";

test("the browser's first known language is taken", () => {
  expect(preferredLanguage(["de-CH", "fr-CA", "en"])).toBe("fr");
  expect(preferredLanguage(["en-GB", "fr"])).toBe("en");
  expect(preferredLanguage(["ja"])).toBe("en");
});

test("plurals follow each language's own rules", () => {
  expect(catalogues.en.newMessages(1)).toBe("1 new message");
  expect(catalogues.en.newMessages(0)).toBe("0 new messages");
  expect(catalogues.fr.newMessages(0)).toBe("0 nouveau message");
  expect(catalogues.fr.newMessages(2)).toBe("2 nouveaux messages");
});

test("no French text was left in English", () => {
  const same = Object.keys(catalogues.en).filter(
    (key) =>
      catalogues.en[key as keyof typeof catalogues.en] === catalogues.fr[key as keyof typeof catalogues.fr],
  );
  expect(same).toEqual(["messages", "conversations", "notifications"]);
});
