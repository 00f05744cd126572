import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "./cluster.ts";

const cluster = await startCluster();
afterAll(() => cluster.stop());

const base = "/api/messages/conversations";
const titles = ({ items }: Page<Conversation>) => items.map(({ subject }) => subject?.title);

function page(person: TestPerson, query: string): Promise<Page<Conversation>> {
  return cluster.call<Page<Conversation>>(person, "GET", `${base}?${query}`);
}

/** The titles of the first pages, in the order in which they come. */
async function pages(person: TestPerson, query: string, count: number): Promise<unknown[]> {
  const all: unknown[] = [];
  let cursor = "";
  for (let read = 0; read < count; read += 1) {
    const answer = await page(person, `${query}${cursor}`);
    all.push(...titles(answer));
    if (answer.nextCursor === null) break;
    cursor = `&cursor=${answer.nextCursor}`;
  }
  return all;
}

const total = 10_100;
const statuses = ["open", "pending", "closed"];
/** Number n is the n-th newest: three a minute, the first ones within the same five minutes. */
const numbers = Array.from({ length: total }, (_, index) => index);
const titleOf = (number: number) => `Order ${number}`;

/** More conversations than anybody reads and sorts, all of one customer and all of the agent's. */
describe("an agent with more than ten thousand conversations", () => {
  let busy: TestPerson;
  let other: TestPerson;

  beforeAll(async () => {
    [busy, other] = [await cluster.person("busy", "agent"), await cluster.person("other", "agent")];
    const customer = await cluster.person("amelie");
    const rare = await cluster.person("zoe");
    const rename = "UPDATE users SET name = $2 WHERE id = $1";
    await cluster.sql(rename, [customer.id, "Amélie Roux"]);
    await cluster.sql(rename, [rare.id, "Zoë Ødegård"]);
    await cluster.sql(
      `WITH made AS (
         INSERT INTO conversations (kind, pair_low, subject_type, subject_id, subject_title, status, assignee_id, updated_at)
         SELECT 'support', CASE n WHEN 5000 THEN $2 ELSE $1 END, 'order', n, 'Order ' || n, ($4::text[])[1 + n % 3],
           CASE WHEN n % 2 = 0 THEN $3 END, now() - interval '20 seconds' * n
         FROM generate_series(0, $5::int - 1) n RETURNING id, pair_low)
       INSERT INTO members (conversation_id, user_id) SELECT id, person FROM made, unnest(ARRAY[pair_low, $3]) person`,
      [customer.id, rare.id, busy.id, statuses, total],
    );
  });

  it.each<[string, (number: number) => boolean]>([
    ["", () => true],
    ["&status=pending", (number) => number % 3 === 1],
    ["&kind=support", () => true],
    ["&view=all", () => true],
    ["&view=all&status=open", (number) => number % 3 === 0],
    ["&view=mine", (number) => number % 2 === 0],
    ["&view=mine&status=closed", (number) => number % 2 === 0 && number % 3 === 2],
    ["&view=unassigned", (number) => number % 2 === 1],
    ["&q=order", () => true],
    ["&view=all&q=AMELIE", (number) => number !== 5_000],
    ["&view=all&q=order 99", (number) => String(number).startsWith("99")],
    ["&view=all&q=a", (number) => number !== 5_000],
    ["&q=990", (number) => String(number).includes("990")],
    ["&view=unassigned&q=9999", (number) => number === 9_999],
    ["&view=mine&q=odegard", (number) => number === 5_000],
    ["&view=all&status=closed&q=zoe", (number) => number === 5_000 && number % 3 === 2],
    ["&q=nobody", () => false],
    ["&view=all&q=%25", () => false],
    ["&archived=true", () => false],
  ])("pages through %s, newest first", async (query, belongs) => {
    const expected = numbers.filter(belongs).slice(0, 90).map(titleOf);
    expect(await pages(busy, `limit=30${query}`, 3)).toEqual(expected);
  });

  it("shows all to another agent, and nothing as their own", async () => {
    expect(await pages(other, "limit=30&view=all", 1)).toEqual(numbers.slice(0, 30).map(titleOf));
    expect(await pages(other, "", 1)).toEqual([]);
    expect(await pages(other, "view=mine", 1)).toEqual([]);
  });

  it("pages on to the very end", async () => {
    expect(await pages(busy, "limit=200&view=mine&status=open", 20)).toEqual(
      numbers.filter((number) => number % 6 === 0).map(titleOf),
    );
  });

  it("sees at once what becomes active, closed or archived, each once", async () => {
    const [first] = (await page(busy, "q=Order 7000")).items;
    await cluster.call(busy, "POST", `${base}/${first!.id}/close`);
    expect(await pages(busy, "limit=2", 1)).toEqual(["Order 7000", "Order 0"]);
    expect(await pages(busy, "limit=2&view=mine&status=closed", 1)).toEqual(["Order 7000", "Order 2"]);
    await cluster.call(busy, "POST", `${base}/${first!.id}/archive`);
    for (const query of ["limit=2", "limit=2&view=all"])
      expect(await pages(busy, query, 1)).toEqual(["Order 0", "Order 1"]);
    expect(await pages(busy, "archived=true", 1)).toEqual(["Order 7000"]);
    expect(await pages(busy, "archived=true&view=all", 1)).toEqual(["Order 7000"]);
  });
});
