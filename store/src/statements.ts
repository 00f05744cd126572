/** The statements of an SQL file, without its comments. Knows strings, quoted names and dollar quotes; no nesting. */
const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|;|[^-/'"$;eE]+|./g;
/** A name in quotes, or a text. */
const quoted = /"((?:[^"]|"")*)"|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\2\$/g;

export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let statement = "";
  for (const [text] of sql.matchAll(token)) {
    if (text.startsWith("--") || text.startsWith("/*")) statement += " ";
    else if (text === ";") {
      statements.push(statement.trim());
      statement = "";
    } else statement += text;
  }
  return [...statements, statement.trim()].filter((each) => each !== "");
}

/** What a rule can look at: one line, small letters, and no text that could look like a keyword. */
export function plainStatement(statement: string): string {
  return statement
    .replace(quoted, (_, name: string | undefined) => name?.replace(/\W/g, "_") ?? "''")
    .replace(/\s+/g, " ")
    .replace(/ ?\. ?/g, ".")
    .toLowerCase();
}
