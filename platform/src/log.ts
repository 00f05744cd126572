import { type Logger, pino } from "pino";

export type Log = Logger;

/**
 * JSON lines on stdout. Tokens, keys, cookies and what people wrote never reach the log, whatever object is logged.
 */
export function createLog(options: { level: string; nodeName: string; role: string }): Log {
  return pino({
    level: options.level,
    base: { node: options.nodeName, role: options.role },
    redact: { paths: redactedPaths(), censor: "[redacted]" },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
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
