import { expect, test } from "vitest";
import { type Attempt, createHistory, type History, type Send, type SocketLog } from "../history.ts";
import { broken, check, rules } from "./checker.ts";
import type { Row, Snapshot } from "./snapshot.ts";

/** A small honest run: ana and ben talk, eve is a stranger. Each case spoils one thing in it. */
const talk = "conversation-1";

interface Run {
  history: History;
  snapshot: Snapshot;
}

function honestRun(): Run {
  const history = createHistory();
  history.members.set(talk, ["ana", "ben"]);
  history.devices.push({ id: 0, userId: "ana" }, { id: 1, userId: "ben" }, { id: 2, userId: "eve" });
  const rows = [1, 2, 3].map(rowOf);
  history.sockets.push(socketOf(0, "ana", rows), socketOf(1, "ben", rows), socketOf(2, "eve", []));
  history.sends.push(...rows.map(sendOf));
  history.marks.push({ conversationId: talk, userId: "ben", seq: 1, at: 200, end: 210, lastReadSeq: 2 });
  const cursor = { after: 0, change: 0 };
  const answer = { seqs: [1], changes: [], lastSeq: 1, lastChange: 1 };
  const sync = { socket: 1, at: 5, conversationId: talk, ...cursor, ...answer };
  history.syncs.push({ ...sync, complete: true, reset: false });
  for (const device of [0, 1])
    history.shown.push({
      device,
      conversationId: talk,
      messages: rows.map(shownOf),
      shownAt: [],
    });
  history.reachable.push("ben");
  history.told.push({ at: 40, id: "d1", userId: "ben", conversationId: talk, seq: 3 });
  history.unread.set("ana", {}).set("ben", { [talk]: 1 });
  history.faults.push({
    number: 1,
    kind: "api-kill",
    target: "api1",
    startedAt: 50,
    endedAt: 60,
    stableAt: 70,
    evidence: ["gone"],
  });
  history.trespasses.push({
    at: 9,
    userId: "eve",
    conversationId: talk,
    command: "sync",
    answered: false,
    answer: "[]",
  });
  return { history, snapshot: snapshotOf(rows) };
}

/** Ana says 1 and 3, ben says 2. */
function rowOf(seq: number): Row {
  const senderId = seq === 2 ? "ben" : "ana";
  return {
    seq,
    id: `id-${seq}`,
    senderId,
    clientMessageId: `m${seq}`,
    content: `text ${seq}`,
    createdAt: `2026-01-01T00:00:0${seq}.000Z`,
    editedAt: null,
    deletedAt: null,
    reactions: "",
    change: seq,
    line: null,
  };
}

const shownOf = ({ change: _, line: __, ...shown }: Row) => shown;

function snapshotOf(rows: Row[]): Snapshot {
  return {
    conversations: new Map([[talk, { lastSeq: 3, lastChange: 3 }]]),
    messages: new Map([[talk, rows]]),
    marks: new Map([
      [`${talk} ana`, 3],
      [`${talk} ben`, 2],
    ]),
    notifications: [{ userId: "ben", conversationId: talk, seq: 3, isRead: false }],
    deliveries: [{ id: "d1", userId: "ben", conversationId: talk, seq: 3, state: "sent", reason: null }],
    outbox: [],
    epoch: "e1",
  };
}

function attemptOf(row: Row, at: number): Attempt {
  const { id, seq, createdAt } = row;
  const receipt = { id, seq, createdAt, duplicate: false };
  return { socket: row.senderId === "ana" ? 0 : 1, at, end: at + 5, outcome: "ok", code: null, receipt };
}

function sendOf(row: Row): Send {
  const { senderId: userId, clientMessageId, content, seq } = row;
  const at = seq * 10;
  return {
    conversationId: talk,
    userId,
    clientMessageId,
    content,
    purpose: "message",
    queuedAt: at,
    attempts: [attemptOf(row, at)],
  };
}

function socketOf(device: number, userId: string, rows: Row[]): SocketLog {
  return {
    id: device,
    device,
    userId,
    node: "gw1",
    epoch: "e1",
    startedAt: 1,
    readyAt: 2,
    closedAt: Number.NaN,
    heads: [{ conversationId: talk, lastSeq: 0, lastReadSeq: 0 }],
    heard: rows.map(({ seq, id, change }) => ({
      at: seq * 10 + 5,
      event: "new_message",
      conversationId: talk,
      seq,
      change,
      id,
    })),
  };
}

/** Ben's seq 2: an edit that was heard, and ana's reaction to it. */
function changed(): Run {
  const run = honestRun();
  const { history, snapshot } = run;
  const row = {
    ...rowOf(2),
    content: "text two",
    editedAt: "2026-01-01T00:01:00.000Z",
    reactions: "👍 ana",
    change: 5,
  };
  snapshot.messages.get(talk)![1] = row;
  snapshot.conversations.get(talk)!.lastChange = 5;
  for (const { messages } of history.shown) messages[1] = shownOf(row);
  const plain = {
    conversationId: talk,
    seq: 2,
    content: "",
    emoji: "",
    on: false,
    isForeign: false,
    code: null,
  };
  const edit = { ...plain, kind: "edit_message", userId: "ben", content: "text two" } as const;
  const react = { ...plain, kind: "react", userId: "ana", emoji: "👍", on: true } as const;
  history.changes.push({ ...edit, at: 100, end: 105, outcome: "ok", change: 4 });
  history.changes.push({ ...react, at: 110, end: 115, outcome: "ok", change: 5 });
  const update = { event: "message_updated", conversationId: talk, seq: 2, id: "id-2" };
  for (const socket of history.sockets.slice(0, 2))
    socket.heard.push({ ...update, at: 104, change: 4 }, { ...update, at: 114, change: 5 });
  return run;
}

const otherSend = (change: Partial<Send>): Send => ({
  ...sendOf(rowOf(3)),
  clientMessageId: "other",
  ...change,
});
const rowsIn = ({ snapshot }: Run) => snapshot.messages.get(talk)!;
const sendsIn = ({ history }: Run) => history.sends as [Send, Send, Send];
const heardBy = ({ history }: Run, socket: number) => history.sockets[socket]!.heard;
const failed = (code: string): Attempt => ({
  ...attemptOf(rowOf(3), 99),
  outcome: "failed",
  code,
  receipt: null,
});

test("an honest run breaks no rule", () => {
  const { history, snapshot } = honestRun();
  expect(broken(check(history, snapshot))).toEqual([]);
});

test("an honest run with an edit and a reaction breaks no rule", () => {
  const { history, snapshot } = changed();
  expect(broken(check(history, snapshot))).toEqual([]);
});

type Spoiled = [rule: string, what: string, spoil: (run: Run) => unknown];
const spoiled: Spoiled[] = [
  ["durable", "an acked message is missing", (run) => rowsIn(run).pop()],
  ["durable", "an acked message has another time", (run) => (rowsIn(run)[2]!.createdAt = "2026-01-02")],
  ["no phantom", "a row nobody sent", (run) => rowsIn(run).push({ ...rowOf(4), clientMessageId: "ghost" })],
  ["no phantom", "a refused send is stored", (run) => (sendsIn(run)[2].attempts = [failed("FORBIDDEN")])],
  ["idempotent", "a send is stored twice", (run) => rowsIn(run).push({ ...rowOf(4), clientMessageId: "m3" })],
  [
    "idempotent",
    "a repeat has another receipt",
    (run) => sendsIn(run)[2].attempts.push({ ...attemptOf({ ...rowOf(3), seq: 4 }, 90) }),
  ],
  ["dense", "seq has a gap", (run) => (rowsIn(run)[2]!.seq = 4)],
  ["dense", "a change is beyond the head", (run) => (rowsIn(run)[2]!.change = 4)],
  [
    "dense",
    "the head is beyond the last message",
    (run) => {
      run.snapshot.conversations.get(talk)!.lastSeq = 4;
    },
  ],
  ["dense", "time runs backwards", (run) => (rowsIn(run)[1]!.createdAt = "2025-01-01T00:00:00.000Z")],
  ["answered", "a send is never answered", (run) => (sendsIn(run)[2].attempts[0]!.outcome = "unknown")],
  ["answered", "a right send is refused", (run) => (sendsIn(run)[2].attempts = [failed("NOT_FOUND")])],
  [
    "real-time order",
    "a later send has a lower seq",
    (run) => {
      sendsIn(run)[0].attempts[0]!.at = 100;
    },
  ],
  [
    "emission order",
    "one socket's sends are swapped",
    (run) => {
      sendsIn(run)[0].attempts[0]!.at = 31;
    },
  ],
  [
    "refused",
    "another text under the same id is accepted",
    (run) => run.history.sends.push(otherSend({ purpose: "conflict" })),
  ],
  ["agreement", "a device lacks the last message", ({ history }) => history.shown[1]!.messages.pop()],
  [
    "agreement",
    "a device shows another text",
    ({ history }) => {
      history.shown[1]!.messages[0]!.content = "else";
    },
  ],
  ["device order", "two pushes are swapped", (run) => heardBy(run, 1).reverse()],
  ["device order", "a push comes twice", (run) => heardBy(run, 1).push(heardBy(run, 1)[2]!)],
  ["device order", "a push is left out", (run) => heardBy(run, 1).splice(1, 1)],
  ["device order", "a push is another message", (run) => (heardBy(run, 1)[2]!.id = "id-9")],
  ["complete", "a sync has a hole", ({ history }) => (history.syncs[0]!.seqs = [2])],
  ["complete", "«complete» ends before the head", ({ history }) => (history.syncs[0]!.lastSeq = 2)],
  ["fresh", "ready is behind what was acked", ({ history }) => (history.sockets[1]!.startedAt = 40)],
  [
    "no leak",
    "a stranger hears a message",
    (run) =>
      heardBy(run, 2).push({
        at: 1,
        event: "messages_read",
        conversationId: talk,
        seq: 1,
        change: 0,
        id: "",
      }),
  ],
  [
    "no leak",
    "a stranger is notified",
    ({ snapshot }) => {
      snapshot.notifications.push({ userId: "eve", conversationId: talk, seq: 3, isRead: true });
    },
  ],
  ["no trespass", "a stranger reads", ({ history }) => (history.trespasses[0]!.answered = true)],
  [
    "no trespass",
    "a stranger writes",
    (run) => run.history.sends.push(otherSend({ userId: "eve", purpose: "foreign" })),
  ],
  ["read marks", "an acked mark is not stored", ({ snapshot }) => snapshot.marks.set(`${talk} ben`, 1)],
  ["read marks", "a mark nobody asked for", ({ snapshot }) => snapshot.marks.set(`${talk} ben`, 3)],
  ["read marks", "one's own send does not count", ({ snapshot }) => snapshot.marks.set(`${talk} ana`, 2)],
  [
    "read marks",
    "an acked mark falls",
    ({ history }) => history.marks.push({ ...history.marks[0]!, at: 300, end: 310, lastReadSeq: 1 }),
  ],
  ["unread", "the count is wrong", ({ history }) => history.unread.set("ben", {})],
  ["notified", "a line is missing", ({ snapshot }) => snapshot.notifications.pop()],
  ["notified", "the outbox is not empty", ({ snapshot }) => snapshot.outbox.push("todo 1")],
  [
    "notified once",
    "two rows of one message",
    ({ snapshot }) => {
      snapshot.notifications.push({ ...snapshot.notifications[0]!, isRead: true });
    },
  ],
  [
    "notified once",
    "one line is pushed twice",
    (run) => {
      const line = { at: 1, event: "notification", conversationId: talk, seq: 3, change: 0, id: "n1" };
      heardBy(run, 1).push(line, line);
    },
  ],
  ["told", "an unread line is not in the ledger", ({ snapshot }) => snapshot.deliveries.pop()],
  ["told", "a line still waits", ({ snapshot }) => (snapshot.deliveries[0]!.state = "waiting")],
  ["told", "a line was given up", ({ snapshot }) => (snapshot.deliveries[0]!.state = "dead")],
  ["told", "what is called sent did not come", ({ history }) => history.told.pop()],
  [
    "told",
    "an unread line was dropped as read",
    ({ snapshot }) => Object.assign(snapshot.deliveries[0]!, { state: "dropped", reason: "read" }),
  ],
  ["told once", "a line came as two", ({ history }) => history.told.push({ ...history.told[0]!, id: "d2" })],
  ["told once", "what came is not in the ledger", ({ history }) => (history.told[0]!.id = "d2")],
  ["happened", "a fault left no trace", ({ history }) => (history.faults[0]!.evidence = [])],
  ["recovered", "it was never well again", ({ history }) => (history.faults[0]!.stableAt = Number.NaN)],
  ["recovered", "it took a minute", ({ history }) => (history.faults[0]!.stableAt = 60_060)],
  ["recovered", "somebody is still offline", ({ history }) => history.offlineAtEnd.push(1)],
  [
    "same history",
    "a new epoch began without a restore",
    ({ history }) => (history.sockets[1]!.epoch = "e2"),
  ],
  [
    "admitted",
    "a valid token is refused",
    ({ history }) => history.refusals.push({ at: 1, device: 0, code: "UNAUTHENTICATED" }),
  ],
];

const spoiledChanges: Spoiled[] = [
  ["kept", "an acked edit is not there", (run) => (rowsIn(run)[1]!.content = "text 2")],
  ["kept", "an acked reaction is not there", (run) => (rowsIn(run)[1]!.reactions = "🎉 ana")],
  ["kept", "a message stands before an acked change", (run) => (rowsIn(run)[1]!.change = 4)],
  ["kept", "a message is deleted that nobody deleted", (run) => (rowsIn(run)[1]!.deletedAt = "2026-01-01")],
  [
    "kept",
    "an acked deletion left the text",
    ({ history }) => history.changes.push({ ...history.changes[0]!, kind: "delete_message", change: 5 }),
  ],
  [
    "no phantom",
    "a text is there that nobody wrote",
    (run) => Object.assign(rowsIn(run)[1]!, { content: "never said" }),
  ],
  [
    "numbered",
    "a change is used up for nothing",
    ({ snapshot }) => (snapshot.conversations.get(talk)!.lastChange = 6),
  ],
  [
    "numbered",
    "a change took no number",
    ({ snapshot }) => (snapshot.conversations.get(talk)!.lastChange = 4),
  ],
  ["numbered", "one change is two messages", (run) => (heardBy(run, 0)[4]!.seq = 1)],
  ["dense", "two messages stand at one change", (run) => (rowsIn(run)[2]!.change = 5)],
  ["own words", "a member rewrites another's", ({ history }) => (history.changes[0]!.isForeign = true)],
  [
    "agreement",
    "a device shows the former text",
    ({ history }) => (history.shown[1]!.messages[1]!.content = "text 2"),
  ],
  [
    "agreement",
    "a device lacks a reaction",
    ({ history }) => (history.shown[1]!.messages[1]!.reactions = ""),
  ],
  ["device order", "an older change comes after a newer one", (run) => heardBy(run, 1).reverse()],
  ["device order", "a change comes twice", (run) => heardBy(run, 1).push(heardBy(run, 1)[4]!)],
  [
    "complete",
    "a sync brings changes from before its cursor",
    ({ history }) => (history.syncs[0]!.changes = [0]),
  ],
];

test.each(spoiledChanges)("with changes, %s is broken when %s", (rule, _what, spoil) => {
  const run = changed();
  spoil(run);
  expect(broken(check(run.history, run.snapshot)).map((verdict) => verdict.rule)).toContain(rule);
});

test("a change without an answer may have happened or not", () => {
  const run = changed();
  const { history } = run;
  for (const outcome of ["unknown", "open"] as const)
    history.changes.push({ ...history.changes[0]!, content: `${outcome} edit`, outcome, change: 0 });
  expect(broken(check(history, run.snapshot))).toEqual([]);
});

test.each(spoiled)("%s is broken when %s", (rule, _what, spoil) => {
  const run = honestRun();
  spoil(run);
  expect(broken(check(run.history, run.snapshot)).map((verdict) => verdict.rule)).toContain(rule);
});

test("every rule has a history that breaks it", () => {
  const shown = [...spoiled, ...spoiledChanges, ...spoiledVisits].map(([rule]) => rule);
  expect([...new Set(shown)].sort()).toEqual(Object.keys(rules).sort());
});

test("a gap in pushes is allowed after resync", () => {
  const run = honestRun();
  const resync = { at: 21, event: "resync", conversationId: "", seq: 0, change: 0, id: "" };
  heardBy(run, 1).splice(1, 1, resync);
  expect(broken(check(run.history, run.snapshot))).toEqual([]);
});

test("an emission without an answer promises no order", () => {
  const run = honestRun();
  const [first] = sendsIn(run);
  const [done] = first.attempts as [Attempt];
  first.attempts = [
    { ...done, at: 9, outcome: "unknown", receipt: null },
    { ...done, at: 31 },
  ];
  expect(broken(check(run.history, run.snapshot))).toEqual([]);
});

test("a send that another socket emitted too may stand anywhere", () => {
  const run = honestRun();
  const [first, ...others] = sendsIn(run);
  for (const send of others) send.attempts[0]!.end = 60;
  const [done] = first.attempts as [Attempt];
  first.attempts = [
    { ...done, at: 31, end: 70 },
    { ...done, at: 31, end: 70, socket: 7, outcome: "unknown", receipt: null },
  ];
  expect(broken(check(run.history, run.snapshot))).toEqual([]);
});

/** Eve was a member from 15 to 25, and heard what ben said at 20; two lines tell of it. */
function visited(): Run {
  const run = honestRun();
  const { history, snapshot } = run;
  const lines = ["member_added", "member_removed"].map((event, index) => {
    const row = { ...rowOf(4 + index), senderId: "parloir:system" };
    return { ...row, line: { event, personId: "eve" } };
  });
  snapshot.messages.get(talk)!.push(...lines);
  snapshot.conversations.set(talk, { lastSeq: 5, lastChange: 5 });
  for (const { messages } of history.shown) messages.push(...lines.map(shownOf));
  run.history.stays.push({ conversationId: talk, userId: "eve", from: 15, to: 25 });
  const [, second] = heardBy(run, 0).filter(({ event }) => event === "new_message");
  heardBy(run, 2).push(second!);
  return run;
}

const spoiledVisits: Spoiled[] = [
  ["announced", "a coming is told twice", (run) => (rowsIn(run)[4]!.line!.event = "member_added")],
  ["announced", "a coming is not told", (run) => (rowsIn(run)[3]!.line = null)],
  ["announced", "somebody is told of who never came", (run) => (rowsIn(run)[3]!.line!.personId = "ann")],
];

test.each(spoiledVisits)("with visits, %s is broken when %s", (rule, _what, spoil) => {
  const run = visited();
  spoil(run);
  expect(broken(check(run.history, run.snapshot)).map((verdict) => verdict.rule)).toContain(rule);
});

test("who comes and goes may hear what was said meanwhile", () => {
  const run = visited();
  expect(broken(check(run.history, run.snapshot))).toEqual([]);
});

test.each<[string, (run: Run, send: Send) => unknown]>([
  [
    "long after they were removed",
    (_, send) => Object.assign(send.attempts[0]!, { at: 20_000, end: 20_010 }),
  ],
  ["before they were added", (_, send) => Object.assign(send.attempts[0]!, { at: 1, end: 2 })],
  ["in a group they never came to", ({ history }) => (history.stays[0]!.conversationId = "conversation-2")],
])("no leak is broken when they hear what was said %s", (_, spoil) => {
  const run = visited();
  spoil(run, run.history.sends[1]!);
  expect(broken(check(run.history, run.snapshot)).map(({ rule }) => rule)).toContain("no leak");
});
