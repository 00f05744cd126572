import type { BrowserContextOptions, Page } from "playwright-core";

/** A page in a state that is worth a picture. */
export interface Scene {
  /** Of the file in docs/images. */
  name: string;
  person: string | null;
  path: string;
  view?: BrowserContextOptions;
  /** Brings the page into the state; with `meet` somebody else comes, in a browser of their own. */
  act?: (page: Page, meet: (person: string, path: string) => Promise<Page>) => Promise<unknown>;
  /** Takes back what would be in the way of the next one. */
  end?: (page: Page) => Promise<unknown>;
  /** All of the page, not what a window shows of it. */
  isWhole?: boolean;
  /** Something is under way in it, so that it never comes to rest. */
  isBusy?: boolean;
}

export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  locale: "fr-FR",
};
export const dark: BrowserContextOptions = { colorScheme: "dark" };
export const french: BrowserContextOptions = { locale: "fr-FR" };

export const by = (page: Page, id: string) => page.locator(`[data-testid="${id}"]`);
