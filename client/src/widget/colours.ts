/** By WCAG 2's relative luminance: white text needs a contrast of 4.5. */
export function readableOn(colour: string): "#ffffff" | "#0f172a" {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= 4.5 ? "#ffffff" : "#0f172a";
}

/** Six hexadecimal digits; anything else is not used. */
export function isColour(text: string | undefined): text is string {
  return /^#[0-9a-f]{6}$/i.test(text ?? "");
}
