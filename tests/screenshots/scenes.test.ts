import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { peoplesScenes } from "./peoples-scenes.ts";
import { teamScenes } from "./team-scenes.ts";

/** What README says of the pictures: every page is among them, and none is of a page that is no more. */
const root = path.resolve(import.meta.dirname, "../..");
const scenes = [...peoplesScenes, ...teamScenes];

it("every page has its scenes, by day, by night and on a phone", () => {
  const source = readFileSync(path.join(root, "web/src/pages.ts"), "utf8");
  const pages = ["/sign-in", ...[...source.matchAll(/"(\/[a-z/-]+)": code\(/g)].map(([, page]) => page!)];
  expect(pages.length).toBeGreaterThan(7);
  const seen = (page: string) => {
    const views = scenes.filter((scene) => scene.path === page).map(({ view }) => view);
    return {
      page,
      day: views.some((view) => view?.colorScheme !== "dark" && !view?.isMobile),
      night: views.some((view) => view?.colorScheme === "dark"),
      phone: views.some((view) => view?.isMobile),
    };
  };
  expect(pages.map(seen)).toEqual(pages.map((page) => ({ page, day: true, night: true, phone: true })));
});

it("the pictures are those of the scenes", () => {
  const files = readdirSync(path.join(root, "docs/images")).sort();
  expect(files).toEqual(scenes.map(({ name }) => `${name}.png`).sort());
});
