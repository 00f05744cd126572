import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/**
 * JSON lines on stdout. Tokens, keys, cookies and what people wrote never reach the log, whatever object is logged.
 */
export function createLog(options: {
  level: string;
  nodeName: string;
  role: string;
  /** Instead of stdout. */
  output?: DestinationStream;
}): Log {
  const settings = {
    level: options.level,
    base: { node: options.nodeName, role: options.role },
    redact: { paths: redactedPaths(), censor: "[redacted]" },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
  };
  return options.output ? pino(settings, options.output) : pino(settings);
}

/** What a failed Redis command or Postgres statement carried is what people wrote: only its name is logged. */
function describeError(error: Error): unknown {
  const {
    command,
    parameters: _,
    detail: __,
    where: ___,
    ...rest
  } = pino.stdSerializers.err(error) as Record<string, unknown>;
  const name = (command as { name?: unknown } | undefined)?.name;
  return name === undefined ? rest : { ...rest, command: name };
}

const secretKeys = [
  "token",
  "authorization",
  "cookie",
  "password",
  "secret",
  "key",
  "content",
  "refreshToken",
];

function redactedPaths(): string[] {
  return secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
}
