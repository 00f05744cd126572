import { rooms } from "@parloir/contracts/ids.ts";
import type { Session } from "@parloir/contracts/internal.ts";
import type { Identity } from "@parloir/platform/auth.ts";
import { acceptCommands } from "./commands.ts";
import type { GatewayContext, GatewaySocket } from "./context.ts";
import { scheduleExpiry } from "./expiry.ts";

/** What the handshake found out, before the socket counts as connected. */
export function prepareSocket(socket: GatewaySocket, identity: Identity, session: Session): void {
  socket.data.session = session;
  socket.data.user = { userId: session.userId, email: session.email, role: session.role };
  socket.data.issuedAt = identity.issuedAt;
  socket.data.revoked = false;
  socket.data.expiresAt = identity.expiresAt;
  socket.data.channelGrants = new Set(identity.channels);
  socket.data.heads = new Map(
    session.conversations.map(({ id, lastSeq, lastChange, floor, roster }) => [
      id,
      { lastSeq, lastChange, floor, roster },
    ]),
  );
  socket.data.floors = new Map();
  socket.data.underWay = 0;
  socket.data.answeredAt = 0;
  socket.data.leaving = false;
  socket.data.turns = new Map();
  socket.data.refusedCommands = 0;
  socket.data.refusedSince = 0;
}

/** A connected socket: its rooms, its commands, `ready`, and what ends it. */
export function openConnection(gateway: GatewayContext, socket: GatewaySocket): void {
  socket.data.connectedAt = performance.now();
  acceptCommands(gateway, socket);
  scheduleExpiry(gateway, socket);
  socket.data.opened = joinAutomatically(gateway, socket)
    .catch((error: unknown) => gateway.log.error({ err: error }, "automatic joins failed"))
    .then(() => announce(gateway, socket));
  void socket.data.opened.then(() => announceMissed(gateway, socket));
  gateway.presence.connected(socket.data.user.userId);
  socket.on("disconnect", () => {
    clearTimeout(socket.data.expiry);
    gateway.presence.disconnected(socket.data.user.userId);
    gateway.looking.lookAway(socket.id);
    void gateway.viewing.lookAway(socket);
    gateway.clusterWatch.unwatch(socket);
  });
}

async function joinAutomatically(gateway: GatewayContext, socket: GatewaySocket): Promise<void> {
  const { userId, role } = socket.data.user;
  await socket.join([rooms.user(userId), rooms.role(role)]);
  await gateway.team.enter(socket);
  await gateway.rooms.joinConversations(socket, new Map(socket.data.heads));
}

function announce(gateway: GatewayContext, socket: GatewaySocket): void {
  const { session } = socket.data;
  if (!session) return;
  socket.data.session = null;
  socket.emit("ready", {
    userId: session.userId,
    role: session.role,
    email: session.email,
    nodeId: gateway.nodeName,
    epoch: gateway.api.epoch(),
    expiresAt: new Date(socket.data.expiresAt).toISOString(),
    conversations: session.conversations.flatMap(({ floor: _, roster: __, hidden, ...head }) =>
      hidden ? [] : head,
    ),
  });
}

async function announceMissed(gateway: GatewayContext, socket: GatewaySocket): Promise<void> {
  try {
    for (const conversationId of await gateway.rooms.joinMissed(socket))
      socket.emit("conversation_added", { conversationId });
  } catch (error) {
    gateway.log.error({ err: error }, "joining a new conversation failed");
  }
}
