import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { conversation, personToken } from "./target.ts";

/** Two people who talk all along, to see that what happens to others does not reach them. */
export interface Bystanders {
  /** Stops them; a complaint for each message that was not acked or did not arrive in order. */
  stop: () => Promise<string[]>;
}

const everyMs = 200;
const ackWithinMs = 30_000;

export async function startBystanders(url: string): Promise<Bystanders> {
  const tokens = await Promise.all(["calm.ana", "calm.ben"].map((id) => personToken(url, id, "client")));
  const { id } = await conversation(url, tokens[0]!, { kind: "direct", recipientId: "calm.ben" });
  const [sender, reader] = tokens.map((token) =>
    io(url, { auth: { token }, transports: ["websocket"], forceNew: true }),
  ) as [Socket, Socket];
  const received: number[] = [];
  const complaints: string[] = [];
  let acked = 0;
  let running = true;
  reader.on("new_message", ({ seq }: { seq: number }) => received.push(seq));
  for (const socket of [sender, reader])
    socket.on("disconnect", (reason) => {
      if (running) complaints.push(`a bystander was disconnected: ${reason}`);
    });
  await Promise.all(
    [sender, reader].map((socket) => new Promise((resolve) => socket.once("ready", resolve))),
  );

  async function talk(): Promise<void> {
    while (running) {
      const payload = { conversationId: id, clientMessageId: randomUUID(), content: "still here" };
      try {
        const ack = await sender.timeout(ackWithinMs).emitWithAck("send_message", payload);
        if (ack.ok) acked += 1;
        else complaints.push(`a bystander's message was refused: ${JSON.stringify(ack.error)}`);
      } catch {
        complaints.push("a bystander's message was not answered");
      }
      await pause(everyMs);
    }
  }
  const talking = talk();

  return {
    async stop() {
      running = false;
      await talking;
      const deadline = Date.now() + ackWithinMs;
      while (received.length < acked && Date.now() < deadline) await pause(50);
      if (received.some((seq, index) => seq !== index + 1) || received.length !== acked)
        complaints.push(`bystanders: ${acked} acked, ${received.length} received, or out of order`);
      for (const socket of [sender, reader]) socket.disconnect();
      return complaints;
    },
  };
}
