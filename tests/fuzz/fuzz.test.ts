import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { surfaceNames } from "./surfaces/surface.ts";

/** The short form of `npm run fuzz`. */
test("hostile input of every surface gets coded answers, ends no process and disturbs nobody", {
  timeout: 240_000,
}, async () => {
  const lines: string[] = [];
  const options = { seconds: 8, seed: 1, surfaces: [...surfaceNames], only: null };
  const { findings, answers } = await fuzz(options, (line) => lines.push(line));
  expect(findings, lines.join("\n")).toEqual([]);
  // It reached beyond the first check of each surface.
  expect(answers.rest).toMatchObject({ ok: expect.any(Number), INVALID: expect.any(Number) });
  expect(answers.commands).toMatchObject({ ok: expect.any(Number), INVALID: expect.any(Number) });
  expect(answers.frames).toMatchObject({ closed: expect.any(Number) });
  expect(answers.http).toMatchObject({ 400: expect.any(Number) });
});
