import { describe, expect, it } from "vitest";
import { scriptedClock } from "./scripted-clock.ts";
import { createSession, type SessionEvents } from "./session.ts";

function start(events: Partial<SessionEvents> = {}) {
  const sent: string[] = [];
  const heard: unknown[] = [];
  const losses: unknown[] = [];
  let closed = 0;
  const clock = scriptedClock();
  const session = createSession({
    wire: { send: (packet) => sent.push(packet), close: () => void closed++ },
    auth: { token: "t" },
    clock,
    events: {
      event: (...args) => heard.push(args),
      lost: (...args) => losses.push(args),
      ...events,
    },
  });
  const open = () => session.receive('0{"sid":"a","pingInterval":25000,"pingTimeout":20000}');
  const connect = () => {
    open();
    session.receive('40{"sid":"b"}');
  };
  return { session, sent, heard, losses, clock, open, connect, closings: () => closed };
}

describe("a session", () => {
  it("shows its credentials after the handshake, and is connected when the server says so", () => {
    const { session, sent, open } = start();
    expect(sent).toEqual([]);
    open();
    expect(sent).toEqual(['40{"token":"t"}']);
    expect(session.isConnected()).toBe(false);
    session.receive('40{"sid":"b"}');
    expect(session.isConnected()).toBe(true);
  });

  it("hands on events and answers pings with what they carried", () => {
    let pings = 0;
    const { session, sent, heard, connect } = start({ ping: () => void pings++ });
    connect();
    session.receive('42["new_message",{"seq":1}]');
    session.receive("2probe");
    expect(heard).toEqual([["new_message", { seq: 1 }]]);
    expect(sent.at(-1)).toBe("3probe");
    expect(pings).toBe(1);
  });

  it("gives each call its own ack, in whatever order they come", async () => {
    const { session, sent, connect } = start();
    connect();
    const answers = [session.call("a", 1), session.call("b", 2)];
    expect(sent.slice(-2)).toEqual(['420["a",1]', '421["b",2]']);
    session.receive('431[{"ok":true,"data":"second"}]');
    session.receive('430[{"ok":true,"data":"first"}]');
    session.receive('437[{"ok":true}]');
    expect(await Promise.all(answers)).toEqual([
      { ok: true, data: "first" },
      { ok: true, data: "second" },
    ]);
  });

  it("gives up an ack after its time, and every ack when it ends", async () => {
    const { session, clock, connect } = start();
    connect();
    const patient = session.call("a", {}, 30_000);
    const impatient = session.call("b", {}, 5_000);
    clock.pass(5_000);
    expect(await impatient).toBeNull();
    session.dropped("closed");
    expect(await patient).toBeNull();
    expect(await session.call("c", {})).toBeNull();
  });

  it("is lost when the server is silent for a ping interval and its time-out, and not before", () => {
    const { session, losses, clock, connect } = start();
    connect();
    clock.pass(44_999);
    session.receive("2");
    clock.pass(44_999);
    expect(losses).toEqual([]);
    clock.pass(1);
    expect(losses).toEqual([["ping timeout", undefined]]);
  });

  it("is lost when no handshake comes", () => {
    const { losses, clock } = start();
    clock.pass(10_000);
    expect(losses).toEqual([["no handshake", undefined]]);
  });

  it("says why it was refused, and when to come again", () => {
    const { session, losses, open, closings } = start();
    open();
    session.receive('44{"message":"full","data":{"code":"UNAVAILABLE","retryAfterMs":900}}');
    expect(losses).toEqual([["full", { message: "full", data: { code: "UNAVAILABLE", retryAfterMs: 900 } }]]);
    expect(closings()).toBe(1);
  });

  it.each([
    ["1", "closed by the server"],
    ["41", "disconnected by the server"],
  ])("ends once when %s comes, whatever follows", (packet, reason) => {
    const { session, losses, heard, clock, connect } = start();
    connect();
    session.receive(packet);
    session.dropped("closed");
    session.receive('42["late",{}]');
    clock.pass(100_000);
    expect(losses).toEqual([[reason, undefined]]);
    expect(heard).toEqual([]);
  });

  it("takes its leave", () => {
    const { session, sent, losses, connect, closings } = start();
    connect();
    session.leave();
    expect(sent.at(-1)).toBe("41");
    expect(losses).toEqual([["left", undefined]]);
    expect(closings()).toBe(1);
  });
});
