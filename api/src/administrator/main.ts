import { readApiConfig } from "@parloir/platform/env.ts";
import { EnvironmentError } from "@parloir/platform/environment-reader.ts";
import { makeAdministrator } from "./administrator.ts";

/**
 * `node api/src/administrator/main.ts EMAIL [NAME]`, beside a running api and with its environment: makes an
 * administrator, or gives one a new password, and prints it.
 */
const [email, name, ...rest] = process.argv.slice(2);

function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

if (email === undefined || !email.includes("@") || rest.length > 0)
  complain("usage: node api/src/administrator/main.ts EMAIL [NAME]");
try {
  const { host, port, serverKey, passwordSignIn } = readApiConfig();
  if (!passwordSignIn) complain("nobody signs in with a password here: set PASSWORD_SIGN_IN=1 for the apis");
  const url = `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  const password = await makeAdministrator({ url, serverKey, email, name });
  process.stdout.write(`e-mail:   ${email}\npassword: ${password}\n`);
} catch (error) {
  if (error instanceof EnvironmentError) complain(error.message);
  const { message, cause } = error as Error;
  complain(cause instanceof Error ? `${message}: ${cause.message}` : message);
}
