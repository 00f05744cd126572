import type { Person } from "@parloir/contracts/shapes.ts";
import type { Database } from "@parloir/store/database.ts";
import { exportMessages, exportParts, exportRows, operatorsParts } from "@parloir/store/export.ts";

/**
 * The export as the text of an answer, piece by piece while it is read: nothing of it is kept in memory or left in a file. When
 * the database fails on the way the answer breaks off, and is no JSON.
 */
export async function* exportPerson(
  database: Database,
  person: Person,
  asOperator: boolean,
): AsyncGenerator<string> {
  yield `{"success":true,"data":{"exportedAt":${JSON.stringify(new Date())},"person":${JSON.stringify(person)}`;
  yield ',"messages":';
  yield* arrayOf(exportMessages(database, person.id));
  for (const part of exportParts) {
    if (operatorsParts.has(part) && !asOperator) continue;
    yield `,"${part}":`;
    yield* arrayOf(exportRows(database, part, person.id));
  }
  yield "}}";
}

async function* arrayOf(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield "[";
  let separator = "";
  for await (const row of rows) {
    yield separator + JSON.stringify(row);
    separator = ",";
  }
  yield "]";
}
