import { expect, test } from "vitest";
import { createOnce } from "./once.ts";

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

test("of several tabs that hear of the same event one acts, and again with the next event", async () => {
  const storage = memory();
  const tabs = [1, 2, 3].map(() => createOnce({ name: "sound", locks: navigator.locks, storage }));
  const acted = async (id: string) => (await Promise.all(tabs.map((tab) => tab(id)))).filter(Boolean).length;
  expect(await acted("n1 4")).toBe(1);
  expect(await acted("n1 4")).toBe(0);
  expect(await acted("n1 5")).toBe(1);
});

test("where nothing can be remembered every tab acts", async () => {
  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  const tab = createOnce({ name: "sound", locks: undefined, storage: { getItem: refuse, setItem: refuse } });
  expect(await tab("n1")).toBe(true);
});
