/** What was asked for cannot be: said to whoever typed it, with the usage. */
export class UsageError extends Error {}

/** The options of a command; ends the process when only the usage is wanted (0) or they cannot be read (2). */
export function readOptions<Options>(
  parseOptions: (argv: string[]) => Options | null,
  usage: string,
): Options {
  try {
    const parsed = parseOptions(process.argv.slice(2));
    if (parsed) return parsed;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}
