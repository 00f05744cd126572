import { isOutsideTransaction, type Migration } from "./migrate.ts";
import { plainStatement, statementsOf } from "./statements.ts";

/**
 * What a migration may not do: docs/migrations.md says why, and what to write instead. It runs while the processes of
 * the version before are at work, and `messages` is the table that every send writes: whoever waits for a lock on it
 * makes all sends wait behind.
 */
export function problemsOf(migration: Migration): string[] {
  const statements = statementsOf(migration.sql).map(plainStatement);
  const isContract = /^-- contract: unused since \S+/.test(migration.sql);
  return [
    ...statements.flatMap((statement) => {
      const broken = rules.find((rule) => rule.matches(statement));
      return broken && !(broken.unlessContract && isContract) ? [said(broken.problem, statement)] : [];
    }),
    ...(isOutsideTransaction(migration) ? outside(statements) : within(statements)),
  ];
}

const said = (problem: string, statement: string) => `${problem}: ${statement.slice(0, 100)}`;

interface Rule {
  problem: string;
  matches: (statement: string) => boolean;
  unlessContract?: true;
}

const messages = "(?:public\\.)?messages";
const alters = new RegExp(`^alter table (?:if exists )?(?:only )?${messages} (.*)$`);
const one = (pattern: string) => {
  const expression = new RegExp(pattern);
  return (statement: string) => expression.test(statement);
};

/** Actions of ALTER TABLE that only note something down, however large the table is. */
const brief = [
  // No default, or a constant: with anything that is called, Postgres writes every row anew.
  /^add (?:column )?(?:if not exists )?\w+ [\w ]+(?:\(\d+\))?(?:\[\])?(?: (?:not null )?default (?:''|-?[\d.]+|true|false|null)(?:::[\w[\]]+)?(?: not null)?)?$/,
  /^alter (?:column )?\w+ (?:set default .*|drop default|drop not null|set (?:statistics|storage|compression) .*)$/,
  /^(?:re)?set \(.*\)$/,
  /^add constraint \w+ check .* not valid$/,
  /^add constraint \w+ (?:unique|primary key) using index \w+$/,
  /^validate constraint \w+$/,
  /^drop (?:column|constraint) .*$/,
];

const rules: Rule[] = [
  { problem: "cannot be checked", matches: one("^do ''") },
  { problem: "takes a name away that the version before uses", matches: one("^alter .* rename ") },
  {
    problem: "takes away what the version before uses",
    matches: one("^drop (table|view|function)|^alter table .* drop (column|constraint) "),
    unlessContract: true,
  },
  {
    problem: "refuses what the version before writes",
    matches: one(
      "^alter table .* (set not null|alter (column )?\\w+ (set data )?type )|" +
        "^alter table .* add (column )?(?!.*default).* not null",
    ),
  },
  {
    problem: "locks messages for as long as it takes to read it",
    matches: one(
      `^create (unique )?index (?!concurrently)(?:.* )?on (only )?${messages}\\b|` +
        `^reindex (?!.*concurrently).*\\b${messages}\\b|^(cluster|vacuum full) .*\\b${messages}\\b`,
    ),
  },
  { problem: "locks messages", matches: one(`^(lock|truncate) .*\\b${messages}\\b`) },
  {
    problem: "changes rows of messages, all at once",
    matches: one(`^(update|delete from|merge into|insert into) (only )?${messages}\\b`),
  },
  {
    problem: "is not known to be brief on messages",
    matches: (statement) => {
      const actions = alters.exec(statement)?.[1];
      return (
        actions !== undefined && !actionsOf(actions).every((each) => brief.some((known) => known.test(each)))
      );
    },
  },
];

/** At the commas that are in no parentheses. */
function actionsOf(actions: string): string[] {
  return actions.split(/,\s*(?![^(]*\))/).map((action) => action.trim());
}

/** In one transaction: a lock on messages is held until the last statement is done. */
function within(statements: string[]): string[] {
  const concurrently = statements.filter((each) => / concurrently /.test(each));
  const locks = statements.some(
    (each) => alters.test(each) || one(`^create .*trigger .* on ${messages}\\b`)(each),
  );
  const made = new Set(statements.map((each) => /^create table (?:if not exists )?(\w+)/.exec(each)?.[1]));
  const slow = statements.filter(
    (each) =>
      /^(insert|update|delete|merge|select|with|refresh)\b/.test(each) ||
      (/^create (unique )?index/.test(each) && !made.has(/ on (\w+)/.exec(each)?.[1])),
  );
  return [
    ...concurrently.map((each) => said("needs a migration of its own, outside a transaction", each)),
    ...(locks ? slow.map((each) => said("works while messages is locked by this migration", each)) : []),
  ];
}

/** One by one, and again from the first when one failed. */
function outside(statements: string[]): string[] {
  const dropped = new Set<string | undefined>();
  return statements.flatMap((each) => {
    dropped.add(/^drop index concurrently if exists (\w+)$/.exec(each)?.[1]);
    const made = /^create (?:unique )?index concurrently (\w+) /.exec(each)?.[1];
    if (made !== undefined)
      return dropped.has(made)
        ? []
        : [said("finds what a failed try left: drop it first, if it exists", each)];
    return /^(drop index concurrently if exists |alter table \w+ validate constraint |analyze )/.test(each)
      ? []
      : [said("has no reason to be outside a transaction", each)];
  });
}
