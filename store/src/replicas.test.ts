import { expect, it } from "vitest";
import { nextFlight } from "./replicas.ts";

it("who asks while a question is under way shares the answer of the next, which began later", async () => {
  const begun: { land: (answer: string) => void; crash: () => void }[] = [];
  const ask = nextFlight(
    () =>
      new Promise<string>((resolve, reject) => {
        begun.push({ land: resolve, crash: () => reject(new Error("crashed")) });
      }),
  );
  const first = ask();
  const [second, third] = [ask(), ask()];
  expect(begun).toHaveLength(1);
  begun[0]!.land("first");
  expect(await first).toBe("first");
  await new Promise(setImmediate);
  expect(begun).toHaveLength(2);
  const fourth = ask();
  begun[1]!.land("second");
  expect(await Promise.all([second, third])).toEqual(["second", "second"]);
  await new Promise(setImmediate);
  expect(begun).toHaveLength(3);
  // One that fails does so for those who asked for it, and ends nothing.
  begun[2]!.crash();
  await expect(fourth).rejects.toThrow("crashed");
  const fifth = ask();
  begun[3]!.land("fifth");
  expect(await fifth).toBe("fifth");
});
