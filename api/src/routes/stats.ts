import { defaultPageSize } from "@parloir/contracts/http.ts";
import { pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import {
  distributionQuery,
  exportWaitsQuery,
  type ListedWait,
  listWaitsQuery,
  putScheduleBody,
  responseTimesQuery,
  type SellerFigures,
  sellerParams,
  type WaitLine,
  type WaitsQuery,
} from "@parloir/contracts/stats.ts";
import {
  distribution as distributionAnswer,
  listedWait,
  responseTimes as responseTimesAnswer,
  schedule,
  seller as sellerAnswer,
} from "@parloir/contracts/stats-schemas.ts";
import type { Database, Reader } from "@parloir/store/database.ts";
import { listWaits, readSeller, type WaitListFilter } from "@parloir/store/figures.ts";
import { accountablesOf } from "@parloir/store/people.ts";
import { listSchedules, putSchedule } from "@parloir/store/schedules.ts";
import * as z from "zod/mini";
import { csvHead, csvLine } from "../csv.ts";
import type { Cursors } from "../cursor.ts";
import { distribution, responseTimes, seconds } from "../figures.ts";
import { type Route, route } from "../route.ts";
import { requireAgent } from "./agents.ts";

const sellerDays = 90;
const sellerGraceHours = 24;
/** Fewer would tell of single conversations. */
const fewestSamples = 5;
const exportedAtOnce = 1_000;

const forAgents = { who: "either", scope: "stats:read" } as const;

/** Response times, for agents and for the host's back end; what a seller's customers may know is for everyone. */
export function statsRoutes(options: { database: Database; reader: Reader; cursors: Cursors }): Route[] {
  const { database, reader, cursors } = options;
  return [
    route({
      ...forAgents,
      method: "get",
      path: "/api/stats/response-times",
      about: "How long people waited for a first reply, for the next ones and for a resolution.",
      answer: responseTimesAnswer,
      query: responseTimesQuery,
      async handle({ query, ...caller }) {
        mayRead(caller);
        return { data: await responseTimes(reader, query) };
      },
    }),
    route({
      ...forAgents,
      method: "get",
      path: "/api/stats/distribution",
      about: "How many waits took how long.",
      answer: distributionAnswer,
      query: distributionQuery,
      async handle({ query, ...caller }) {
        mayRead(caller);
        return { data: await distribution(reader, query) };
      },
    }),
    route({
      ...forAgents,
      method: "get",
      path: "/api/stats/waits",
      about: "The single waits behind the figures.",
      answer: pageOf(listedWait),
      query: listWaitsQuery,
      async handle({ query: { cursor, limit = defaultPageSize, sort = "newest", ...query }, ...caller }) {
        mayRead(caller);
        const scope = `waits ${sort} ${JSON.stringify(Object.entries(query).sort())}`;
        const after = cursor === undefined ? null : positionOf(cursors.open(scope, cursor));
        const found = await listWaits(reader, { ...filterOf(query), sort, after, limit: limit + 1 });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor = found.length > limit && last ? cursors.seal(scope, keyOf(last, query)) : null;
        return { data: { items: await withWho(reader, items), nextCursor } };
      },
    }),
    route({
      ...forAgents,
      method: "get",
      path: "/api/stats/waits.csv",
      about: "All of these waits, as a table.",
      answer: z.string(),
      media: "text/csv",
      query: exportWaitsQuery,
      async handle({ query, ...caller }) {
        mayRead(caller);
        const lines = csvOf(reader, query);
        return { data: null, stream: { type: "text/csv; charset=utf-8", name: "waits.csv", lines } };
      },
    }),
    route({
      method: "get",
      path: "/api/stats/sellers/:userId",
      about: "How soon a person answers first messages.",
      answer: sellerAnswer,
      who: "either",
      scope: "stats:read",
      params: sellerParams,
      handle: async ({ params }) => ({ data: await sellerFigures(reader, params.userId) }),
    }),
    ...scheduleRoutes(database),
  ];
}

function scheduleRoutes(database: Database): Route[] {
  return [
    route({
      ...forAgents,
      method: "get",
      path: "/api/stats/schedules",
      about: "The business hours, newest first.",
      answer: pageOf(schedule),
      async handle(caller) {
        mayRead(caller);
        return { data: { items: await listSchedules(database), nextCursor: null } };
      },
    }),
    route({
      method: "post",
      path: "/api/stats/schedules",
      about: "Sets the business hours from a time on.",
      answer: schedule,
      who: "admin",
      scope: "stats:write",
      body: putScheduleBody,
      async handle({ body: { zone, hours, holidays = [], validFrom = null }, origin }) {
        const wanted = { zone, hours, holidays, validFrom };
        return { status: 201, data: await putSchedule(database, wanted, origin) };
      },
    }),
  ];
}

function mayRead({ person, byKey }: { person: Person; byKey: boolean }): void {
  if (!byKey) requireAgent(person);
}

function filterOf(query: WaitsQuery): Omit<WaitListFilter, "sort" | "after" | "limit"> {
  return {
    from: query.from ?? null,
    to: query.to ?? null,
    by: query.by ?? "start",
    agentId: query.agentId ?? null,
    kind: query.kind ?? null,
    nobody: query.nobody === "true",
    measure: query.measure ?? null,
    outcome: query.outcome ?? null,
    longerThanMs: query.longerThan === undefined ? null : query.longerThan * 1_000,
    upToMs: query.upTo === undefined ? null : query.upTo * 1_000,
    clock: query.clock ?? "calendar",
    hourOfWeek: query.hourOfWeek ?? null,
    zone: query.zone ?? "UTC",
  };
}

async function withWho(reader: Reader, lines: WaitLine[]): Promise<ListedWait[]> {
  const idOf = ({ agentId, assigneeId }: WaitLine) => agentId ?? assigneeId;
  const people = await accountablesOf(
    reader,
    lines.flatMap((line) => idOf(line) ?? []),
  );
  return lines.map((line) => ({ ...line, who: people.get(idOf(line) ?? "") ?? null }));
}

function keyOf(line: WaitLine, { by }: WaitsQuery): string[] {
  const at = by === "end" ? line.endedAt! : line.startedAt;
  return [at, line.conversationId, String(line.cycle), String(line.startSeq)];
}

function positionOf(key: string[]): WaitListFilter["after"] {
  const [at, conversationId, cycle, startSeq] = key as [string, string, string, string];
  return { at, conversationId, cycle: Number(cycle), startSeq: Number(startSeq) };
}

/** Page by page, as the reader takes them: an export of any length holds a page of it in memory. */
async function* csvOf(reader: Reader, query: WaitsQuery): AsyncGenerator<string> {
  const filter = { ...filterOf(query), sort: "oldest", limit: exportedAtOnce } as const;
  yield csvHead;
  for (let after: WaitListFilter["after"] = null; ; ) {
    const page = await listWaits(reader, { ...filter, after });
    yield page.map(csvLine).join("");
    const last = page.at(-1);
    if (!last || page.length < exportedAtOnce) return;
    after = positionOf(keyOf(last, query));
  }
}

/** The same for people who have few samples and for those who do not exist. */
async function sellerFigures(reader: Reader, userId: string): Promise<SellerFigures> {
  const { samples, answered, medianMs } = await readSeller(reader, userId, sellerDays, sellerGraceHours);
  const hidden = { userId, days: sellerDays, samples: null, medianSeconds: null, replyRate: null };
  if (samples < fewestSamples) return hidden;
  return { ...hidden, samples, medianSeconds: seconds(medianMs), replyRate: answered / samples };
}
