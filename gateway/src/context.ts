import type { IncomingMessage } from "node:http";
import type { ClientToServerEvents, ServerToClientEvents } from "@parloir/contracts/events.ts";
import type { Seat, Session } from "@parloir/contracts/internal.ts";
import type { VerifyToken } from "@parloir/platform/auth.ts";
import type { FlightRecorder } from "@parloir/platform/flights.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Tracing } from "@parloir/platform/tracing.ts";
import type { DefaultEventsMap, Server, Socket } from "socket.io";
import type { ApiClient } from "./api-client.ts";
import type { Batcher } from "./batcher.ts";
import type { Calls } from "./calls/calls.ts";
import type { Channels } from "./channels.ts";
import type { ClusterWatch } from "./cluster-watch.ts";
import type { CommandLimits } from "./limits.ts";
import type { Looking } from "./looking.ts";
import type { PresenceKeeper } from "./presence.ts";
import type { ReadMarks } from "./read-marks.ts";
import type { Revocations } from "./revocations.ts";
import type { Rooms } from "./rooms.ts";
import type { Rosters } from "./rosters.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Team } from "./team.ts";
import type { Viewing } from "./viewing.ts";

/** What belongs to one socket, all of it reproducible: the gateway may die at any time. */
export interface SocketData {
  /** The role is the database's. */
  user: { userId: string; email: string | null; role: string };
  /** What the api answered at the handshake, until `ready` was sent. */
  session: Session | null;
  /** Of the token, in milliseconds since 1970; null when it does not say. */
  issuedAt: number | null;
  /** Its token was revoked: it is on its way out. */
  revoked: boolean;
  /** Milliseconds since 1970; the socket closes then unless `refresh_token` came. */
  expiresAt: number;
  expiry: NodeJS.Timeout | undefined;
  /** Heads at the time of connecting: what the ring must reach to answer this socket's first `sync`. */
  heads: Map<string, Seat>;
  /** What its person may not see of each conversation it is in: everything up to and including this seq. */
  floors: Map<string, number>;
  /** When automatic joins are done and `ready` was sent. */
  opened: Promise<void>;
  connectedAt: number;
  /** Channels by the grants of the present token. */
  channelGrants: ReadonlySet<string>;
  /** The join or leave in progress, by room. */
  turns: Map<string, Promise<unknown>>;
  /** Just before the heads were read. */
  handshakeAt: number;
  /** Commands that were not answered yet. */
  underWay: number;
  answeredAt: number;
  /** The gateway drains and it is this socket's turn: closed with its next answer, or when it is quiet. */
  leaving: boolean;
  refusedCommands: number;
  refusedSince: number;
}

export type GatewayServer = Server<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>;
export type GatewaySocket = Socket<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>;

/** The parts that handlers use. */
export interface GatewayContext {
  nodeName: string;
  io: GatewayServer;
  log: Log;
  metrics: Metrics;
  api: ApiClient;
  sends: Batcher<"send">;
  changes: Batcher<"change">;
  reads: Batcher<"read">;
  sessions: Batcher<"sessions">;
  flights: FlightRecorder;
  tracing: Tracing;
  readMarks: ReadMarks;
  calls: Calls;
  channels: Channels;
  clusterWatch: ClusterWatch;
  channelReads: Batcher<"channelRead">;
  sequencer: Sequencer;
  rooms: Rooms;
  rosters: Rosters;
  looking: Looking;
  presence: PresenceKeeper;
  sights: Batcher<"visible">;
  team: Team;
  teams: Batcher<"team">;
  viewing: Viewing;
  standings: Batcher<"standings">;
  revocations: Revocations;
  verifyToken: VerifyToken;
  limits: CommandLimits;
  /** Where a connection came from. */
  clientAddress: (request: IncomingMessage) => string;
}
