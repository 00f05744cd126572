import type { WidgetSettings } from "../protocol.ts";

/** The host's theme and colour. Text on the colour is black or white, whichever can be read. */
export function applyLook({ theme, colour }: WidgetSettings): void {
  const { style, dataset } = document.documentElement;
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  else delete dataset.theme;
  const channels = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour ?? "");
  if (!channels) {
    style.removeProperty("--fill");
    style.removeProperty("--on-fill");
    return;
  }
  style.setProperty("--fill", channels[0]);
  style.setProperty("--on-fill", readableOn(channels.slice(1).map((hex) => Number.parseInt(hex, 16))));
}

/** By WCAG 2's relative luminance: white text needs a contrast of 4.5. */
export function readableOn(channels: readonly number[]): "#ffffff" | "#0f172a" {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= 4.5 ? "#ffffff" : "#0f172a";
}
