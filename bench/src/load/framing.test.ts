import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { expect, test } from "vitest";
import { connectFrame, eventFrame, parseFrame } from "./framing.ts";
import { openSocket } from "./light-socket.ts";

const deaf = { onEvent: () => undefined, onAck: () => undefined };

test.each([
  ['0{"sid":"a","pingInterval":25000}', { kind: "open" }],
  ["1", { kind: "close" }],
  ["2", { kind: "ping" }],
  ['40{"sid":"b"}', { kind: "connected" }],
  ["41", { kind: "disconnected" }],
  ['44{"message":"no"}', { kind: "refused", json: '{"message":"no"}' }],
  ['42["new_message",{"seq":1}]', { kind: "event", name: "new_message", json: '["new_message",{"seq":1}]' }],
  ['427["asked"]', { kind: "event", name: "asked", json: '["asked"]' }],
  ['43120[{"ok":true}]', { kind: "ack", id: 120, json: '[{"ok":true}]' }],
  ["43[]", { kind: "unknown" }],
  ["", { kind: "unknown" }],
  ["6", { kind: "unknown" }],
])("parses %s", (text, frame) => {
  expect(parseFrame(text)).toEqual(frame);
});

test("frames are those of the protocol", () => {
  expect(connectFrame({ token: "t" })).toBe('40{"token":"t"}');
  expect(eventFrame("send_message", { content: "a" }, 9)).toBe('429["send_message",{"content":"a"}]');
});

test("a Socket.IO server understands the light client: auth, ack, event, refusal", async () => {
  const http = createServer();
  const io = new Server(http);
  io.use((socket, next) => next(socket.handshake.auth.token === "good" ? undefined : new Error("bad token")));
  io.on("connection", (socket) => {
    socket.emit("ready", {});
    socket.on("echo", (payload, ack) => {
      ack({ ok: true, data: payload });
      socket.emit("new_message", payload);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  try {
    const pushed: string[] = [];
    const socket = await openSocket(url, "good", {
      onEvent: (_name, json) => pushed.push(json),
      onAck: deaf.onAck,
    });
    expect(await socket.call("echo", { text: "é" })).toEqual({ ok: true, data: { text: "é" } });
    await expect.poll(() => pushed).toEqual(['["new_message",{"text":"é"}]']);
    await expect(openSocket(url, "bad", deaf)).rejects.toThrow("bad token");
    socket.close();
  } finally {
    await io.close();
  }
});
