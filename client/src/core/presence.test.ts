import type { Presence } from "@parloir/contracts/shapes.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPresences } from "./presence.ts";
import { createScriptedCluster } from "./scripted-cluster.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const online: Presence = { status: "online", lastSeenAt: null };
const settle = () => vi.advanceTimersByTimeAsync(100);

function start() {
  const link = createScriptedCluster().link();
  const presences = createPresences({ link });
  link.listen((event) => {
    if (event.event === "ready") presences.opened();
    if (event.event === "presence") presences.receive(event.payload);
  });
  link.up();
  const asked = () =>
    link.commands.flatMap(({ command, payload }) => (command === "watch_presence" ? [payload] : []));
  return { link, presences, asked, known: () => presences.state.getSnapshot() };
}

test("views that mount together ask once, and the last one to leave ends it", async () => {
  const { presences, asked, known } = start();
  const ends = [presences.watch(["bob"]), presences.watch(["bob", "eve"])];
  await settle();
  expect(asked()).toEqual([{ userIds: ["bob", "eve"] }]);
  expect(known()).toEqual({ bob: online, eve: online });
  ends[1]!();
  await settle();
  expect(asked().at(-1)).toEqual({ userIds: ["bob"] });
  expect(known()).toEqual({ bob: online });
  ends[0]!();
  ends[0]!();
  await settle();
  expect(asked().at(-1)).toEqual({ userIds: [] });
  expect(known()).toEqual({});
});

test("changes are taken of those who are watched only", async () => {
  const { link, presences, known } = start();
  presences.watch(["bob"]);
  await settle();
  const away = { status: "away", lastSeenAt: null } as const;
  link.push({ event: "presence", payload: { userId: "bob", ...away } });
  link.push({ event: "presence", payload: { userId: "eve", ...away } });
  expect(known()).toEqual({ bob: away });
});

test("nothing is claimed while offline, and it is asked again on return", async () => {
  const { link, presences, asked, known } = start();
  presences.watch(["bob"]);
  await settle();
  link.down();
  expect(known()).toEqual({});
  link.up();
  await settle();
  expect(asked()).toHaveLength(2);
  expect(known()).toEqual({ bob: online });
});
