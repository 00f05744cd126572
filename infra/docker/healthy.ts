/** The image's health check, because the image has no curl: 0 when the process on PRIVATE_PORT says that it is ready. */
const port = process.env.PRIVATE_PORT ?? "9100";
const timeoutMs = 3_000;

try {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(timeoutMs) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
