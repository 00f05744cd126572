import type { Page } from "@parloir/contracts/http.ts";
import type { SharedConversation } from "@parloir/contracts/shapes.ts";
import type { Desk, DeskChange, SupportSettings, SupportSettingsChange } from "@parloir/contracts/support.ts";
import type { Client } from "../client.ts";
import { createCell, type Observable } from "../observable.ts";
import type { PresenceState } from "../presence.ts";
import { createTyping, type TypingState } from "../typing.ts";

export interface TeamState {
  /** By name. */
  desks: readonly Desk[];
  settings: SupportSettings | null;
  /** Which agents have a conversation open, of those that this client looks at. */
  viewers: Readonly<Record<string, readonly string[]>>;
}

/** The agents: who is there, what each has, who looks at what, and who took what when. */
export interface Team {
  readonly state: Observable<TeamState>;
  /** Of all agents, and of whom else this client follows. */
  readonly presence: Observable<PresenceState>;
  /** Who types a private note, per conversation. */
  readonly noteTyping: Observable<TypingState>;
  pressNoteKey(conversationId: string): void;
  stopNoteTyping(): void;
  /** When its present assignee took it, milliseconds since 1970 by this machine's clock; null when that is unknown. */
  assignedAt(conversationId: string): number | null;
  /** As a list has them: only from then on a change of the assignee is known as one. */
  see(conversations: readonly SharedConversation[]): void;
  refresh(): Promise<void>;
  /** @throws CodedError */
  changeDesk(userId: string, change: DeskChange): Promise<void>;
  /** @throws CodedError */
  changeSettings(change: SupportSettingsChange): Promise<void>;
  close(): void;
}

/** Capacities and numbers of open conversations; presence comes by itself. */
const refreshMs = 15_000;
const pageSize = 200;

export function createTeam(client: Pick<Client, "rest" | "request" | "onEvent" | "presences">): Team {
  const { rest, request, presences } = client;
  const state = createCell<TeamState>({ desks: [], settings: null, viewers: {} });
  const assigned = new Map<string, { assigneeId: string | null; at: number | null }>();
  const typing = createTyping((conversationId, isTyping) => {
    request("typing", { conversationId, isTyping, note: true }).catch(() => undefined);
  });
  let watched = "";
  let unwatch = () => undefined as unknown;

  async function readDesks(): Promise<Desk[]> {
    const desks: Desk[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Desk> = await rest("GET", `/api/support/desks?limit=${pageSize}${after}`);
      desks.push(...page.items);
      cursor = page.nextCursor;
    }
    return byName(desks);
  }

  async function refresh(): Promise<void> {
    try {
      const [desks, settings] = await Promise.all([
        readDesks(),
        rest<SupportSettings>("GET", "/api/support/settings"),
      ]);
      state.update((present) => ({ ...present, desks, settings }));
      watch(desks.map(({ userId }) => userId));
    } catch {
      // What was known stays; the next time is seconds away.
    }
  }

  /** Beside whom the open thread follows: the connection has one list for all. */
  function watch(userIds: string[]): void {
    if (userIds.join(" ") === watched) return;
    watched = userIds.join(" ");
    const former = unwatch;
    unwatch = presences.watch(userIds);
    former();
  }

  function noteAssignee({ id, assigneeId }: SharedConversation): void {
    const known = assigned.get(id);
    if (known?.assigneeId === assigneeId) return;
    assigned.set(id, { assigneeId, at: known ? Date.now() : null });
  }

  const ends = client.onEvent(({ event, payload }) => {
    if (event === "ready") void refresh();
    if (event === "conversation_viewers")
      state.update((present) => ({
        ...present,
        viewers: { ...present.viewers, [payload.conversationId]: payload.userIds },
      }));
    if (event === "note_typing") typing.receive(payload);
    if (event === "note_added")
      typing.receive({ conversationId: payload.conversationId, userId: payload.authorId, isTyping: false });
    if (event === "conversation_updated") noteAssignee(payload);
  });
  const timer = setInterval(() => void refresh(), refreshMs);
  void refresh();

  return {
    state,
    presence: presences.state,
    noteTyping: typing.state,
    pressNoteKey: typing.press,
    stopNoteTyping: typing.stop,
    assignedAt: (conversationId) => assigned.get(conversationId)?.at ?? null,
    see(conversations) {
      for (const each of conversations) if (!assigned.has(each.id)) noteAssignee(each);
    },
    refresh,
    async changeDesk(userId, change) {
      const desk = await rest<Desk>("PATCH", `/api/support/desks/${encodeURIComponent(userId)}`, change);
      state.update((present) => ({
        ...present,
        desks: byName([...present.desks.filter((each) => each.userId !== userId), desk]),
      }));
    },
    async changeSettings(change) {
      const settings = await rest<SupportSettings>("PATCH", "/api/support/settings", change);
      state.update((present) => ({ ...present, settings }));
      await refresh();
    },
    close() {
      clearInterval(timer);
      ends();
      unwatch();
      typing.close();
    },
  };
}

function byName(desks: Desk[]): Desk[] {
  return desks.sort((a, b) => a.name.localeCompare(b.name));
}
