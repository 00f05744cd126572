import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { beat, findLookers, lookingField } from "@parloir/platform/lookers.ts";
import { closeRedis, createPublisherClient, untilReady } from "@parloir/platform/redis.ts";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createLooking } from "./looking.ts";

const silent = pino({ level: "silent" });
const folder = await temporaryFolder();
const server = await startRedis({ dir: folder.dir });
const connect = () => createPublisherClient({ url: server.url, cluster: false }, silent);
const [redis, link] = [connect(), connect()];
beforeAll(async () => void (await Promise.all([untilReady(redis, 10_000), untilReady(link, 10_000)])));
afterAll(async () => {
  closeRedis(redis);
  closeRedis(link);
  await server.stop();
  await folder.remove();
});

it("what a break of Redis has lost is written with the next beat, also that somebody looks away", async () => {
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line) => void lines.push(line) });
  const looking = createLooking({ redis: link, incarnation: "node", log });
  await beat(redis, "node");
  const pairs = ["ana", "ben", "cleo"].map((userId) => ({ conversationId: "c", userId }));
  const lookers = async () => [...(await findLookers(redis, pairs))].toSorted();
  const fields = (...people: string[]) => people.map((userId) => lookingField("c", userId));

  looking.look("socket of ana", "ana", "c");
  looking.look("socket of ben", "ben", "c");
  await vi.waitFor(async () => expect(await lookers()).toEqual(fields("ana", "ben")), 10_000);
  link.disconnect();
  looking.lookAway("socket of ben");
  looking.look("socket of cleo", "cleo", "c");
  await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(3), 10_000);
  expect(await lookers()).toEqual(fields("ana", "ben"));
  await link.connect();
  await looking.renew();
  expect(await lookers()).toEqual(fields("ana", "cleo"));
});
