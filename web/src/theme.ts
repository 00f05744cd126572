import { createCell, type Observable } from "@parloir/client/core/observable.ts";
import { remember, remembered } from "@parloir/client/react/remembered.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const cell = createCell<Theme>(themes.find((theme) => theme === remembered("theme")) ?? "system");

export const theme: Observable<Theme> = cell;

export function chooseTheme(next: Theme): void {
  remember("theme", next === "system" ? null : next);
  cell.set(next);
  showTheme();
}

/** «system» leaves it to `prefers-color-scheme`. */
export function showTheme(): void {
  const present = cell.getSnapshot();
  if (present === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = present;
}
