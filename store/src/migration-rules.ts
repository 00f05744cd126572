import { isOutsideTransaction, type Migration } from "./migrate.ts";
import { plainStatement, statementsOf } from "./statements.ts";

/**
 * What a migration may not do: docs/migrations.md says why, and what to write instead. It runs while the processes of
 * the version before are at work, and `messages` is the table that every send writes: whoever waits for a lock on it
 * makes all sends wait behind.
 * @param earlier what is there already: it says which table an index is of
 */
export function problemsOf(migration: Migration, earlier: Migration[] = []): string[] {
  const [statements, before] = [plain(migration), earlier.flatMap(plain)];
  const isContract = /^-- contract: unused since \S+/.test(migration.sql);
  return [
    ...statements.flatMap((statement) => {
      const broken = rules.find((rule) => rule.matches(statement));
      return broken && !(broken.unlessContract && isContract) ? [said(broken.problem, statement)] : [];
    }),
    ...(isOutsideTransaction(migration) ? outside(statements) : within(statements, before)),
  ];
}

const plain = ({ sql }: Migration) => statementsOf(sql).map(plainStatement);

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
  // A name by the numbers of its letters, or a program in a text.
  { problem: "cannot be checked", matches: one("^do (language \\w+ )?''|\\bu&") },
  { problem: "takes a name away that the version before uses", matches: one("^alter .* rename ") },
  {
    problem: "takes away what the version before uses",
    matches: one(
      "^drop (table|view|materialized view|function|procedure|routine|type|domain|sequence|schema|extension)\\b|" +
        "^alter table .* drop (column|constraint) ",
    ),
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
        `^reindex (?!.*concurrently)(.*\\b${messages}\\b|(\\(.*\\) ?)?(schema|database|system))|` +
        `^cluster( verbose)?( .*\\b${messages}\\b.*)?$|^vacuum\\b.*\\bfull\\b`,
    ),
  },
  { problem: "locks messages", matches: one(`^lock .*\\b${messages}\\b`) },
  { problem: "empties messages", matches: one(`^truncate (.*\\b${messages}\\b|.* cascade$)`) },
  {
    // Wherever it stands: behind WITH, EXPLAIN ANALYZE or PREPARE too. (Bodies of functions are texts.)
    problem: "changes rows of messages, all at once",
    matches: one(
      `\\b(update|delete from|merge into|insert into) (only )?${messages}\\b|^copy ${messages}\\b.* from `,
    ),
  },
  {
    problem: "makes something else of what the version before writes",
    matches: one("^create (or replace )?rule "),
  },
  {
    // Checked, or not yet: see `locksMessages`.
    problem: "reads a whole table while messages is locked",
    matches: (statement) =>
      /^alter table /.test(statement) && refersToMessages(statement) && !/ not valid\b/.test(statement),
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

const refersToMessages = one(`\\breferences ${messages}\\b`);
const tableOf = (statement: string) =>
  /^(?:create|alter) table (?:if (?:not )?exists )?(?:only )?(?:public\.)?(\w+)/.exec(statement)?.[1];

/** Until the end of the transaction, so that nobody writes a message. */
function locksMessages(statement: string, indexes: IndexTables): boolean {
  const actions = alters.exec(statement)?.[1];
  // Validating by itself lets others write.
  if (actions !== undefined) return !actionsOf(actions).every((each) => each.startsWith("validate "));
  const index = /^drop index (?!concurrently)(?:if exists )?(?:public\.)?(\w+)/.exec(statement)?.[1];
  const indexed = index === undefined ? undefined : (indexes.get(index) ?? "messages");
  return (
    one(`^(create|drop|alter) .*\\b(trigger|policy)\\b.* on ${messages}\\b`)(statement) ||
    // The table that a foreign key names is locked with the one that has it.
    refersToMessages(statement) ||
    indexed === "messages" ||
    // It may refer to messages.
    /^drop table /.test(statement)
  );
}

/** By index, the table: of an index from nowhere nobody knows. */
type IndexTables = Map<string, string>;
const indexTablesOf = (statements: string[]): IndexTables =>
  new Map(
    statements.flatMap((each) => {
      const [, index, table] =
        /^create (?:unique )?index (?:concurrently )?(?:if not exists )?(\w+) on (?:only )?(?:public\.)?(\w+)/.exec(
          each,
        ) ?? [];
      return index !== undefined && table !== undefined ? [[index, table]] : [];
    }),
  );

function isSlow(statement: string, made: Set<string | undefined>): boolean {
  if (/^(insert|update|delete|merge|select|with|refresh|copy|call|execute|explain)\b/.test(statement))
    return true;
  if (/^create .*\bas (\(? ?select|with|table|values|execute)\b/.test(statement)) return true;
  const indexed = / on (?:only )?(?:public\.)?(\w+)/.exec(statement)?.[1];
  if (/^create (unique )?index/.test(statement)) return !made.has(indexed);
  if (!/^alter table /.test(statement) || made.has(tableOf(statement))) return false;
  const actions = /^alter table (?:if exists )?(?:only )?(?:public\.)?\w+ (.*)$/.exec(statement)?.[1] ?? "";
  return !actionsOf(actions).every(
    (each) => !each.startsWith("validate ") && brief.some((known) => known.test(each)),
  );
}

/** In one transaction: a lock on messages is held until the last statement is done. */
function within(statements: string[], before: string[]): string[] {
  const concurrently = statements.filter((each) => / concurrently /.test(each));
  const made = new Set(statements.filter((each) => each.startsWith("create table ")).map(tableOf));
  const indexes = indexTablesOf([...before, ...statements]);
  const locks = statements.some((each) => locksMessages(each, indexes));
  const slow = statements.filter((each) => isSlow(each, made));
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
