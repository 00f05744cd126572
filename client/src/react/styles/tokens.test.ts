import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");

/** Colours of one theme: [light, dark]. */
function read(theme: 0 | 1): Map<string, string> {
  const tokens = new Map<string, string>();
  for (const [, name, value] of css.matchAll(/--([a-z-]+):\s*([^;]+);/g)) {
    const colours = value?.match(/#[0-9a-f]{6}/g);
    const colour = colours?.[theme] ?? colours?.[0];
    if (name && colour) tokens.set(name, colour);
  }
  return tokens;
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2 contrast ratio. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const text = 4.5;
const part = 3;

/** Every pair that the style sheets put on top of each other. */
const pairs: [front: string, back: string, least: number][] = [
  ["text", "ground", text],
  ["text", "raised", text],
  ["text", "row-active", text],
  ["text", "bubble", text],
  ["text-secondary", "ground", text],
  ["text-secondary", "raised", text],
  ["text-on-active", "row-active", text],
  ["text-on-active", "raised", text],
  ["text-on-active", "bubble", text],
  ["accent", "ground", text],
  ["accent", "raised", text],
  ["accent", "bubble", text],
  ["accent", "row-active", text],
  ["on-fill", "fill", text],
  ["on-fill", "fill-hover", text],
  ["success", "ground", text],
  ["success", "raised", text],
  ["error", "ground", text],
  ["on-error-tint", "error-tint", text],
  ["on-badge", "badge", text],
  ["on-answer", "answer", text],
  ["border", "ground", part],
  ["border", "raised", part],
  ["focus", "ground", part],
  ["focus", "raised", part],
  ["focus", "row-active", part],
  ["success-dot", "ground", part],
  ["success-dot", "raised", part],
  ["fill", "ground", part],
  ["badge", "ground", part],
];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("in the %s theme", (_name, theme) => {
  const tokens = read(theme);

  test.each(pairs)("%s on %s has at least %d", (front, back, least) => {
    const [a, b] = [tokens.get(front), tokens.get(back)];
    if (!a || !b) throw new Error(`tokens.css has no ${a ? back : front}`);
    expect(contrast(a, b)).toBeGreaterThanOrEqual(least);
  });
});

test("the palette is the agreed one", () => {
  expect(contrast("#ffffff", "#2563eb")).toBeCloseTo(5.17, 2);
  expect(contrast("#ffffff", "#3b82f6")).toBeCloseTo(3.68, 2);
});
