import type { FrameSettings } from "../protocol.ts";

/** The host's theme and colour. */
export function applyLook({ theme, colour }: FrameSettings): void {
  const { style, dataset } = document.documentElement;
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  else delete dataset.theme;
  if (colour) {
    style.setProperty("--fill", colour.fill);
    style.setProperty("--on-fill", colour.on);
  } else {
    style.removeProperty("--fill");
    style.removeProperty("--on-fill");
  }
}
