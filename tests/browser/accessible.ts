import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Selectors: what of the page is looked at, and what of that is not. */
interface Part {
  only?: string;
  without?: string;
}

/** Axe finds nothing serious in what the page shows when all has come to rest: half faded in, nothing has contrast. */
export async function expectAccessible(page: Page, part: Part = {}): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== "running" || effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY,
      ),
  );
  const axe = new AxeBuilder({ page });
  if (part.only !== undefined) axe.include(part.only);
  if (part.without !== undefined) axe.exclude(part.without);
  const { violations } = await axe.analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}
