import { number } from "./environment.ts";

/** The default of LIMIT_SENDS_PER_SECOND is 5: one below, because arrivals come in bunches. */
const mostPerPerson = 4;

/** @throws when so few people would measure the cluster's limit and not the cluster */
export function refuseLimited(messagesPerSecond: number, people: number, remedy: string): void {
  if (messagesPerSecond / people <= mostPerPerson || number("UNLIMITED", 0) !== 0) return;
  throw new Error(
    `${messagesPerSecond} messages/s from ${people} people would measure LIMIT_SENDS_PER_SECOND: ${remedy}, ` +
      "or switch the cluster's limits off and set LOAD_UNLIMITED=1",
  );
}
