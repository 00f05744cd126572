import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { freePort } from "@parloir/local/ports.ts";
import { eventually } from "../setup/waiting.ts";

/** A real TURN server (coturn) on the loopback address, which takes the credentials that the cluster makes. */
export interface Relay {
  /** The variables of a cluster whose calls may go by way of it. */
  env: Record<string, string>;
  stop: () => Promise<void>;
}

const address = "127.0.0.1";

export async function startRelay(secret: string): Promise<Relay> {
  const port = await freePort();
  const program = process.env.TURNSERVER_PATH ?? "turnserver";
  const server = spawn(
    program,
    [
      // No configuration of the machine's.
      ...["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "stdout", "--pidfile", "/dev/null"],
      ...["--listening-ip", address, "--relay-ip", address, "--allow-loopback-peers"],
      ...["--listening-port", String(port), "--realm", "parloir.test"],
      ...["--use-auth-secret", "--static-auth-secret", secret],
    ],
    { stdio: "ignore" },
  );
  const failed = once(server, "error").then(([error]) => {
    throw new Error(`${program} is needed (apt-get install coturn): ${(error as Error).message}`);
  });
  const listening = eventually(
    "the relay",
    () => answers(port),
    (yes) => yes,
  );
  await Promise.race([failed, listening]);
  return {
    env: { TURN_URLS: `turn:${address}:${port}?transport=udp`, TURN_SECRET: secret },
    async stop() {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
}

const patienceMs = 500;

/** Whether something there answers a binding request (RFC 8489). */
async function answers(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  const cookie = "2112a442";
  const request = Buffer.concat([Buffer.from(`00010000${cookie}`, "hex"), randomBytes(12)]);
  try {
    socket.send(request, port, address);
    const [answer] = await once(socket, "message", { signal: AbortSignal.timeout(patienceMs) });
    return (answer as Buffer).readUInt16BE(0) === 0x0101;
  } catch {
    return false; // Not yet: nobody listens, or nobody answers in time.
  } finally {
    socket.close();
  }
}
