import { expect, it } from "vitest";
import {
  ackPacket,
  connectPacket,
  disconnectPacket,
  eventPacket,
  FramingError,
  payloadOf,
  pong,
  readEngine,
  readPacket,
  readPayload,
} from "./packets.ts";

const handshake = { sid: "gw1.a", upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000 };

it.each([
  [`0${JSON.stringify(handshake)}`, { type: "open", handshake: { ...handshake, maxPayload: 0 } }],
  ["1", { type: "close" }],
  ["2", { type: "ping", data: "" }],
  ["2probe", { type: "ping", data: "probe" }],
  ["3probe", { type: "pong", data: "probe" }],
  ['42["a"]', { type: "message", text: '2["a"]' }],
  ["5", { type: "upgrade" }],
  ["6", { type: "noop" }],
])("Engine.IO reads %s", (text, packet) => {
  expect(readEngine(text)).toEqual(packet);
});

it.each([
  ['0{"sid":"b"}', { type: "connect", namespace: "/", sid: "b" }],
  ['0/admin,{"sid":"b"}', { type: "connect", namespace: "/admin", sid: "b" }],
  ["1", { type: "disconnect", namespace: "/" }],
  ["1/admin,", { type: "disconnect", namespace: "/admin" }],
  ['2["typing",{"a":1}]', { type: "event", namespace: "/", name: "typing", args: [{ a: 1 }], id: null }],
  ['2/admin,12["x"]', { type: "event", namespace: "/admin", name: "x", args: [], id: 12 }],
  ['3120[{"ok":true}]', { type: "ack", namespace: "/", id: 120, args: [{ ok: true }] }],
  ["30[]", { type: "ack", namespace: "/", id: 0, args: [] }],
  [
    '4{"message":"no","data":{"code":"UNAUTHENTICATED"}}',
    { type: "refused", namespace: "/", reason: { message: "no", data: { code: "UNAUTHENTICATED" } } },
  ],
  // A digit and a comma within the payload are not the namespace's and the id's.
  ['2["a","/b,1"]', { type: "event", namespace: "/", name: "a", args: ["/b,1"], id: null }],
])("Socket.IO reads %s", (text, packet) => {
  expect(readPacket(text)).toEqual(packet);
});

it.each(["", "hello", "b4AAA", "0{}", "0{", "9"])("Engine.IO does not take %j for a packet", (text) => {
  expect(() => readEngine(text)).toThrow(FramingError);
});

it.each(["", "x", "2", "2{}", "2[1]", "3[]", "37{}", "51-[]", "2[", "4{"])(
  "Socket.IO does not take %j for a packet",
  (text) => {
    expect(() => readPacket(text)).toThrow(FramingError);
  },
);

it("writes what the protocol says", () => {
  expect(connectPacket({ token: "t" })).toBe('40{"token":"t"}');
  expect(connectPacket({}, "/admin")).toBe("40/admin,{}");
  expect(eventPacket("typing", { a: 1 }, null)).toBe('42["typing",{"a":1}]');
  expect(eventPacket("send", { a: "é" }, 0, "/admin")).toBe('42/admin,0["send",{"a":"é"}]');
  expect(ackPacket(7, [{ ok: true }])).toBe('437[{"ok":true}]');
  expect(disconnectPacket()).toBe("41");
  expect(pong("probe")).toBe("3probe");
});

it("what is written is read as it was", () => {
  const text = eventPacket("send", { content: 'a "quoted" \u001f text' }, 3);
  const packet = readEngine(text);
  expect(packet.type === "message" && readPacket(packet.text)).toMatchObject({
    name: "send",
    id: 3,
    args: [{ content: 'a "quoted" \u001f text' }],
  });
});

it("long polling carries several packets in one body", () => {
  expect(readPayload('0{"sid":"a"}\u001e2')).toEqual(['0{"sid":"a"}', "2"]);
  expect(readPayload("")).toEqual([]);
  // JSON escapes the separator, so a text cannot end its packet.
  const packets = [eventPacket("send", { content: "a\u001eb" }, 1), "3"];
  expect(readPayload(payloadOf(packets))).toEqual(packets);
});
