import { conversationOfRoom, isTeamRoom, rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Role } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Batcher } from "./batcher.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import type { Rosters } from "./rosters.ts";

/**
 * Which sockets hear what only agents may hear. A role is the database's word at the handshake, and asked for again
 * every two seconds while agents are connected; who is no agent any more leaves those rooms, and the support
 * conversations that only the role had opened.
 *
 * Guarantee: nothing of a room for agents is delivered on the strength of a role older than `freshMs`. An event that
 * comes while the api cannot be asked is dropped: agents read notes and lists again, a note that leaked stays out.
 */
export interface Team {
  /** Joins the agents' room if this is one. */
  enter: (socket: GatewaySocket) => Promise<void>;
  /** Every role behind the agents' rooms is known to be of the last `freshMs`. */
  isFresh: () => boolean;
  /** Asks now. @throws CodedError UNAVAILABLE */
  verify: () => Promise<void>;
  stop: () => void;
}

const checkMs = 2_000;
/** With a check every two seconds and its answer: a role that was taken away is gone in less than 5 s. */
const freshMs = 4_000;

export function isAgent(role: string): boolean {
  return role === "agent" || role === "admin";
}

export function createTeam(options: {
  io: GatewayServer;
  batcher: Batcher<"roles">;
  rosters: Rosters;
  /** This socket looks at nothing as an agent any more. */
  onDemoted: (socket: GatewaySocket) => void;
  log: Log;
}): Team {
  const { io, batcher, rosters, log } = options;
  let verifiedAt = performance.now();
  let verifying: Promise<void> | undefined;
  const timer = setInterval(() => {
    verify().catch((error: unknown) => log.debug({ err: error }, "roles could not be read"));
  }, checkMs);
  timer.unref();

  function verify(): Promise<void> {
    verifying ??= askRoles().finally(() => {
      verifying = undefined;
    });
    return verifying;
  }

  async function askRoles(): Promise<void> {
    const askedAt = performance.now();
    const sockets = [...io.of("/").sockets.values()].filter(({ data }) => isAgent(data.user.role));
    const roles = new Map<string, Role>();
    const userIds = new Set(sockets.map((socket) => socket.data.user.userId));
    await Promise.all([...userIds].map(async (userId) => roles.set(userId, await roleOf(userId))));
    for (const socket of sockets) await change(socket, roles.get(socket.data.user.userId)!);
    verifiedAt = askedAt;
  }

  async function roleOf(userId: string): Promise<Role> {
    return (await batcher.submit(userId, { userId })).role;
  }

  async function change(socket: GatewaySocket, role: Role): Promise<void> {
    const { user } = socket.data;
    if (user.role === role) return;
    await socket.leave(roomNames.role(user.role));
    await socket.join(roomNames.role(role));
    if (!isAgent(role)) await demote(socket);
    // Last: what fails on the way is done again with the next answer.
    user.role = role;
  }

  async function demote(socket: GatewaySocket): Promise<void> {
    for (const room of [...socket.rooms]) if (isTeamRoom(room)) await socket.leave(room);
    options.onDemoted(socket);
    for (const room of [...socket.rooms]) {
      const id = conversationOfRoom(room);
      if (id !== undefined) await rosters.recheck(id);
    }
  }

  return {
    async enter(socket) {
      if (isAgent(socket.data.user.role)) await socket.join(roomNames.agents);
    },
    isFresh: () => performance.now() - verifiedAt < freshMs,
    verify,
    stop: () => clearInterval(timer),
  };
}
