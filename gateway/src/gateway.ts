import { randomBytes } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import type { NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { channelOfRoom, conversationOfRoom, isCanary, rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { createTokenVerifier } from "@parloir/platform/auth.ts";
import { createClientAddress } from "@parloir/platform/client-address.ts";
import type { GatewayConfig } from "@parloir/platform/env.ts";
import { createFlightRecorder, type FlightRecorder } from "@parloir/platform/flights.ts";
import { createHealth, type Health } from "@parloir/platform/health.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Tracing } from "@parloir/platform/tracing.ts";
import { acceptConnections } from "./accept.ts";
import { createAdmission, guardHandshakes } from "./admission.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { createBatcher } from "./batcher.ts";
import { createCallStore } from "./calls/call-store.ts";
import { createCalls } from "./calls/calls.ts";
import { withCanaries } from "./canary/token.ts";
import { createChannels } from "./channels.ts";
import { createClusterAdapter, type PushTraces } from "./cluster-adapter.ts";
import { createClusterWatch } from "./cluster-watch.ts";
import type { GatewayContext, GatewayServer } from "./context.ts";
import { drainSockets } from "./drain.ts";
import { followEpochs } from "./epoch.ts";
import { watchEventLoopLag } from "./event-loop-lag.ts";
import { createFloors, type Floors } from "./floors.ts";
import { createHeads } from "./heads.ts";
import { createIntercept } from "./intercept.ts";
import { createCommandLimits } from "./limits.ts";
import { createLooking } from "./looking.ts";
import { startNodeBeat } from "./node-beat.ts";
import { createPresence } from "./presence.ts";
import { createReadMarks } from "./read-marks.ts";
import { startRemovals } from "./removals.ts";
import { startRevocations } from "./revocations.ts";
import { createRooms } from "./rooms.ts";
import { createRosters, type Rosters } from "./rosters.ts";
import { createSequencer, type Sequencer } from "./sequencer.ts";
import { watchSlowReaders } from "./slow-readers.ts";
import { createSocketCounts } from "./socket-counts.ts";
import { createPublicServer, createSocketServer } from "./socket-server.ts";
import type { Stream } from "./streams.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { createTeam } from "./team.ts";
import { startTips } from "./tips.ts";
import { createViewing } from "./viewing.ts";

export interface Gateway {
  /** Speaks Socket.IO, and answers `/balancer`, `/livez` and `/readyz`. */
  publicServer: HttpServer;
  health: Health;
  flights: FlightRecorder;
  /** This gateway's newest snapshot, for admins who watch while those of the others cannot be read. */
  tellOwn: (snapshot: NodeSnapshot) => void;
  /** The one in which a canary is alone. @throws CodedError */
  openCanaryConversation: (userId: string) => Promise<string>;
  /** No new sessions from now on, then the sockets are sent elsewhere. */
  drain: () => Promise<void>;
  /** What was sent is answered; then everything is let go. */
  close: () => Promise<void>;
}

/** Within 5 s a send is acked or fails as retryable: the rest is for the last call's timeout and the way back. */
const sendBudgetMs = 4_200;
const readBudgetMs = 4_500;
/** Nobody waits for a call's line: it outlives the death of the only api. */
const callLineBudgetMs = 10_000;
const balancerMs = 1_500;

export function createGateway(options: {
  config: GatewayConfig;
  publisher: RedisClient;
  subscriber: RedisClient;
  tracing: Tracing;
  log: Log;
  metrics: Metrics;
}): Gateway {
  const { config, publisher, subscriber, tracing, log, metrics } = options;
  const { limits } = config;
  const api = createApiClient({ urls: config.apiUrls, secret: config.internalSecret, metrics });
  const health = createHealth({
    redis: () => (publisher.status === "ready" && !tips.degraded() ? "ok" : "degraded"),
  });
  const publicServer = createPublicServer(health);
  const io = createSocketServer(publicServer, config);
  const lag = watchEventLoopLag();
  const batchers = createBatchers(api);
  const flights = createFlightRecorder(config.nodeName);
  const floors = createFloors(io);
  const rosters = createRosters({ io, batcher: batchers.members, floors });
  const traces: PushTraces = new WeakMap();
  const sequencer = createRoomSequencer({
    io,
    batchers,
    rosters,
    floors,
    traces,
    tracing,
    flights,
    log,
    metrics,
  });
  const subscriptions = createSubscriptions(subscriber, (error) =>
    log.warn({ err: error }, "a subscription failed"),
  );
  const heads = createHeads({
    ask: (conversationId, known, epoch) =>
      batchers.heads.submit(conversationId, {
        conversationId,
        known,
        // A position of an earlier epoch proves nothing, and neither does its change.
        knownChange: known === 0 ? 0 : (sequencer.change(conversationId) ?? 0),
        epoch,
      }),
    epoch: api.epoch,
    sequencer,
    rosters,
  });
  const channels = createChannels({
    io,
    subscriptions,
    subscribers: batchers.subscribers,
    reads: batchers.channelReads,
    heads: batchers.channelHeads,
    epoch: api.epoch,
    log,
    metrics,
  });
  const streams: Stream[] = [{ heads, sequencer }, channels];
  const rooms = createRooms({ io, subscriptions, sequencer, heads, rosters, floors, log });
  // A gateway that comes back under its name is another node: what the former one left is reaped.
  const node = `${config.nodeName}-${randomBytes(4).toString("hex")}`;
  const looking = createLooking({ redis: publisher, incarnation: node, log });
  const presence = createPresence({
    redis: publisher,
    node,
    log,
    announce: (change) => void io.to(roomNames.presence(change.userId)).emit("presence", change),
  });
  const viewing = createViewing({ io, redis: publisher, node, log });
  const team = createTeam({
    io,
    batcher: batchers.roles,
    rosters,
    onDemoted: (socket) => void viewing.lookAway(socket),
    log,
  });
  const beat = startNodeBeat({
    redis: publisher,
    node,
    log,
    renew: [looking.renew, presence.renew, viewing.renew],
    onDead: presence.reap,
  });
  const tips = startTips({ subscriber, streams, log });
  const context: GatewayContext = {
    nodeName: config.nodeName,
    io,
    log,
    metrics,
    api,
    ...batchers,
    flights,
    tracing,
    readMarks: createReadMarks(batchers.marks),
    calls: createCalls({
      io,
      store: createCallStore(publisher),
      callee: (item) => batchers.callees.submit(item.userId, item),
      subscribed: rooms.subscribed,
      record(call) {
        batchers.endedCalls.submit(call.conversationId, call).catch((err: unknown) => {
          log.warn({ err, callId: call.callId }, "a call left no line in its conversation");
        });
      },
      metrics,
    }),
    channels,
    clusterWatch: createClusterWatch({ redis: publisher, log }),
    sequencer,
    rooms,
    rosters,
    looking,
    presence,
    team,
    viewing,
    revocations: startRevocations({ io, api, log, metrics }),
    verifyToken: withCanaries(config.internalSecret, createTokenVerifier(config.tokens)),
    limits: createCommandLimits({ limits, redis: publisher, metrics }),
    clientAddress: createClientAddress(config.trustedProxies),
  };
  const removals = startRemovals({ io, api, rosters, log });
  const intercept = createIntercept(context);
  io.adapter(createClusterAdapter({ publisher, subscriptions, traces, intercept }) as never);
  io.of("/").adapter.on("delete-room", (room: string) => {
    const channel = channelOfRoom(room);
    if (channel !== undefined) channels.close(channel);
    const id = conversationOfRoom(room);
    if (id === undefined) return;
    sequencer.close(id);
    rosters.forget(id);
  });
  let refusing = false;
  const admission = createAdmission({
    limits,
    lag,
    sockets: () => io.of("/").sockets.size,
    isDraining: () => refusing,
    metrics,
  });
  const handshakes = metrics.get("parloir_handshakes_total");
  guardHandshakes(publicServer, admission, () => handshakes.inc({ outcome: "UNAVAILABLE" }));
  const counting = { io, redis: publisher, node, livingNodes: beat.living, limit: limits.socketsPerUser };
  acceptConnections(context, createSocketCounts({ ...counting, log, metrics }));
  const slowReaders = watchSlowReaders({ io, log, metrics });
  const epochs = followEpochs({ io, api, streams, log });
  watchGauges(io, sequencer, metrics);

  return {
    publicServer,
    health,
    flights,
    tellOwn: context.clusterWatch.tellOwn,
    openCanaryConversation: async (userId) =>
      (await batchers.canaries.submit(userId, { userId })).conversationId,
    async drain() {
      health.draining();
      // Until the balancer has noticed, those it sends are served like any other.
      await new Promise((resolve) => setTimeout(resolve, Math.min(balancerMs, config.drainMs / 4)));
      refusing = true;
      await drainSockets({ io, drainMs: config.drainMs, log });
    },
    async close() {
      const written = [batchers.sends, batchers.changes, batchers.endedCalls];
      await Promise.all([...written.map((each) => each.drained()), context.readMarks.drained()]);
      lag.stop();
      epochs.stop();
      context.revocations.stop();
      removals.stop();
      slowReaders.stop();
      tips.stop();
      context.clusterWatch.stop();
      team.stop();
      sequencer.stop();
      channels.stop();
      await beat.stop();
      await Promise.all([looking.stop(), presence.stop(), viewing.stop()]);
      await io.close();
      await api.close();
    },
  };
}

function createBatchers(api: ApiClient) {
  const { lanes } = api;
  return {
    sends: createBatcher({ route: "send", api, lanes, maxItems: 200, budgetMs: sendBudgetMs }),
    // Fewer in a call: each is a transaction of its own.
    changes: createBatcher({ route: "change", api, lanes, maxItems: 20, budgetMs: sendBudgetMs }),
    marks: createBatcher({ route: "marks", api, lanes, maxItems: 200, budgetMs: sendBudgetMs }),
    reads: createBatcher({ route: "read", api, lanes: 2 * lanes, maxItems: 100, budgetMs: readBudgetMs }),
    members: createBatcher({ route: "members", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    heads: createBatcher({ route: "heads", api, lanes, maxItems: 5_000, budgetMs: readBudgetMs }),
    subscribers: createBatcher({ route: "subscribers", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    channelReads: createBatcher({ route: "channelRead", api, lanes, maxItems: 20, budgetMs: readBudgetMs }),
    channelHeads: createBatcher({
      route: "channelHeads",
      api,
      lanes,
      maxItems: 5_000,
      budgetMs: readBudgetMs,
    }),
    sights: createBatcher({ route: "visible", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    callees: createBatcher({ route: "callee", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    endedCalls: createBatcher({ route: "endedCalls", api, lanes, maxItems: 20, budgetMs: callLineBudgetMs }),
    teams: createBatcher({ route: "team", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    roles: createBatcher({ route: "roles", api, lanes, maxItems: 1_000, budgetMs: readBudgetMs }),
    standings: createBatcher({ route: "standings", api, lanes, maxItems: 100, budgetMs: readBudgetMs }),
    canaries: createBatcher({ route: "canary", api, lanes, maxItems: 1, budgetMs: readBudgetMs }),
    sessions: createBatcher({ route: "sessions", api, lanes, maxItems: 20, budgetMs: readBudgetMs }),
  };
}

function createRoomSequencer(options: {
  io: GatewayServer;
  batchers: ReturnType<typeof createBatchers>;
  rosters: Rosters;
  floors: Floors;
  traces: PushTraces;
  tracing: Tracing;
  flights: FlightRecorder;
  log: Log;
  metrics: Metrics;
}): Sequencer {
  const { io, batchers, rosters, floors, traces, tracing, flights, log, metrics } = options;
  const delivery = metrics.get("parloir_delivery_seconds");
  const isCounted = ({ senderId }: Message) => !isCanary(senderId);
  return createSequencer({
    async read(conversationId, after, limit, change) {
      const page = await batchers.reads.submit(conversationId, {
        conversationId,
        userId: null,
        after,
        change,
        limit,
      });
      await rosters.check(conversationId, page.roster);
      return page;
    },
    deliver(conversationId, message, _source, what) {
      const room = io.local.to(roomNames.conversation(conversationId));
      if (what === "updated") {
        // A new message lies behind what anybody here may not see; an older one may not.
        const blind = floors.blindTo(conversationId, message.seq);
        (blind.length === 0 ? room : room.except(blind)).emit("message_updated", message);
        return;
      }
      const span = tracing.step("deliver", traces.get(message));
      room.emit("new_message", message);
      const count = io.of("/").adapter.rooms.get(roomNames.conversation(conversationId))?.size ?? 0;
      span?.end({ conversationId, seq: message.seq, receivers: count });
      flights.note(message, "delivered", { count, traceparent: span?.traceparent });
      if (isCounted(message))
        delivery.observe(Math.max(0, Date.now() - Date.parse(message.createdAt)) / 1_000);
    },
    isCounted,
    resync: (conversationId, reason) =>
      void io.local.to(roomNames.conversation(conversationId)).emit("resync", { reason }),
    log,
    metrics,
  });
}

function watchGauges(io: GatewayServer, sequencer: Sequencer, metrics: Metrics): void {
  const sockets = metrics.get("parloir_sockets");
  const open = metrics.get("parloir_rooms");
  const peoples = () => {
    let count = 0;
    for (const { data } of io.of("/").sockets.values()) if (!isCanary(data.user.userId)) count += 1;
    return count;
  };
  Object.assign(sockets, { collect: () => sockets.set(peoples()) });
  Object.assign(open, { collect: () => open.set(sequencer.conversations().length) });
}
