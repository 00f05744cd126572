import { createServer, type Server } from "node:http";
import { rooms } from "@parloir/contracts/ids.ts";
import { createAttemptLimit } from "@parloir/platform/attempt-limit.ts";
import { createTokenIssuer, createTokenVerifier } from "@parloir/platform/auth.ts";
import type { ApiConfig } from "@parloir/platform/env.ts";
import { createFlightRecorder, type FlightRecorder } from "@parloir/platform/flights.ts";
import { createHealth, type Health } from "@parloir/platform/health.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { createNetworks } from "@parloir/platform/networks.ts";
import { createPrivateServer } from "@parloir/platform/private-server.ts";
import { createRoomPublisher } from "@parloir/platform/publisher.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import type { Tracing } from "@parloir/platform/tracing.ts";
import { readEpoch } from "@parloir/store/cluster-state.ts";
import { findSharedConversation } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Replicas } from "@parloir/store/replicas.ts";
import { newestLine } from "@parloir/store/system-lines.ts";
import { announceUpdate, createSubmit } from "./answers.ts";
import { createApp } from "./app.ts";
import { createAttachments } from "./attachments/attachments.ts";
import type { Collector } from "./attachments/collector.ts";
import { createAuthenticate } from "./callers.ts";
import { createApplyChange } from "./changes.ts";
import { type CommitQueue, createCommitQueue } from "./commit/commit-queue.ts";
import { messageOf } from "./commit/message.ts";
import { createCursors } from "./cursor.ts";
import { demoRoutes } from "./demo.ts";
import { demoHostRoutes } from "./demo-host.ts";
import { createDocs } from "./docs/docs.ts";
import { createRecordCalls } from "./ended-calls.ts";
import { createInternalHandlers } from "./internal.ts";
import { createRequestLimits } from "./limits.ts";
import { createMailbox } from "./mailbox.ts";
import { createMarkRead } from "./marks.ts";
import { createPages } from "./pages.ts";
import { createPasswords } from "./passwords.ts";
import { areWhole, watchReplicas } from "./replicas.ts";
import { createRouter, type Route } from "./route.ts";
import { agentRoutes } from "./routes/agents.ts";
import { auditRoutes } from "./routes/audit.ts";
import { blockRoutes } from "./routes/blocks.ts";
import { callRoutes } from "./routes/calls.ts";
import { cannedReplyRoutes } from "./routes/canned-replies.ts";
import { changeRoutes } from "./routes/changes.ts";
import { channelRoutes } from "./routes/channels.ts";
import { chaosRoutes } from "./routes/chaos.ts";
import { clusterRoutes } from "./routes/cluster.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { directoryRoutes } from "./routes/directory.ts";
import { flightRoutes } from "./routes/flights.ts";
import { keyRoutes } from "./routes/keys.ts";
import { membershipRoutes } from "./routes/membership.ts";
import { messageRoutes } from "./routes/messages.ts";
import { noteRoutes } from "./routes/notes.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { peopleRoutes } from "./routes/people.ts";
import { privacyRoutes } from "./routes/privacy.ts";
import { pushRoutes } from "./routes/push.ts";
import { searchRoutes } from "./routes/search.ts";
import { sessionRoutes } from "./routes/session.ts";
import { signInRoutes } from "./routes/sign-in.ts";
import { standingRoutes } from "./routes/standing.ts";
import { statsRoutes } from "./routes/stats.ts";
import { supportRoutes } from "./routes/support.ts";
import { teamRoutes } from "./routes/team.ts";
import { createCheckUrl, webhookRoutes } from "./routes/webhooks.ts";
import { createRecogniseKey } from "./server-keys.ts";
import { createMintToken } from "./standing.ts";
import { createAnnounceToAgents } from "./team.ts";

export interface Api {
  publicServer: Server;
  privateServer: Server;
  health: Health;
  flights: FlightRecorder;
  commitQueue: CommitQueue;
  /** What is served: the documents are made from them, and tests hold answers against them. */
  routes: Route[];
  /** Removes the files of what is gone, from `start` to `stop`. */
  collector: Collector;
  /** Lets go of what is neither a server nor given. */
  close: () => void;
}

const signInWindowSeconds = 15 * 60;

/** Puts the api together from its parts. It holds nothing: any api can answer any call. */
export function createApi(options: {
  config: ApiConfig;
  database: Database;
  replicas: Replicas;
  redis: RedisClient;
  tracing: Tracing;
  log: Log;
  metrics: Metrics;
}): Api {
  const { config, database, replicas, redis, tracing, log, metrics } = options;
  const { reader } = replicas;
  const publishes = metrics.get("parloir_publishes_total");
  const publisher = createRoomPublisher({
    redis,
    tracing,
    log,
    onPublished: (receivers) => publishes.inc({ outcome: receivers > 0 ? "received" : "nobody" }),
    onFailed: () => publishes.inc({ outcome: "failed" }),
  });
  const flights = createFlightRecorder(config.nodeName);
  const commitQueue = createCommitQueue({
    database,
    blocksBothWays: config.blocksBothWays,
    tracing,
    log,
    metrics,
    onStored(send, committed, traceparent) {
      flights.note(committed, "committed", { traceparent });
      const message = messageOf(send, committed);
      publisher.emit(rooms.conversation(send.conversationId), "new_message", message, traceparent);
      flights.note(committed, "published", { traceparent });
    },
    onReopened: (conversationId) => void announceReopening(conversationId),
  });
  const announceToAgents = createAnnounceToAgents({ database, publisher, log });

  async function announceReopening(conversationId: string): Promise<void> {
    try {
      // The message behind it was published already: gateways hold that until this line comes.
      const line = await newestLine(database.query, conversationId);
      const conversation = await findSharedConversation(database.query, conversationId);
      if (conversation) announceUpdate(publisher, conversation, line);
      announceToAgents(conversationId);
    } catch (error) {
      log.warn({ err: error }, "a reopening could not be announced");
    }
  }

  const submit = createSubmit({ database, commitQueue, publisher, announceToAgents });
  const change = createApplyChange({ database, publisher, blocksBothWays: config.blocksBothWays, metrics });
  const markRead = createMarkRead({ database, publisher });
  const recordCalls = createRecordCalls({ database, publisher, announceToAgents });
  const health = createHealth({
    postgres: () => readEpoch(database).then(() => "ok" as const),
    redis: () => (redis.status === "ready" ? "ok" : "degraded"),
    ...(replicas.states().length > 0 && { replicas: () => (areWhole(replicas) ? "ok" : "degraded") }),
  });
  const mintToken = createMintToken({ database, issueToken: createTokenIssuer(config.tokens) });
  const limits = createRequestLimits({ limits: config.limits, redis, metrics });
  const cursors = createCursors(config.internalSecret);
  const keys = createRecogniseKey({ database, bootstrapKey: config.serverKey });
  const attachments = createAttachments({
    config: config.attachments,
    secret: config.internalSecret,
    database,
    log,
    metrics,
  });
  const { authenticate, forgetPerson } = createAuthenticate({
    verifyToken: createTokenVerifier(config.tokens),
    recogniseKey: keys.recognise,
    database,
  });
  const sessions = {
    database,
    publisher,
    mintToken,
    passwords: createPasswords(),
    attempts: createAttemptLimit({
      name: "sign_in_failures",
      attempts: config.limits.signInFailures,
      seconds: signInWindowSeconds,
      redis,
      metrics,
    }),
    refreshes: limits.refreshes,
    forgetPerson,
    allowedOrigins: config.allowedOrigins,
    production: config.production,
  };
  const checkUrl = createCheckUrl(createNetworks(config.outboundNetworks));
  const routes = [
    ...peopleRoutes({ database, mintToken }),
    ...standingRoutes({ database, publisher, forgetPerson }),
    ...conversationRoutes({ database, publisher, announceToAgents, cursors, markRead }),
    ...membershipRoutes({ database, publisher, announceToAgents }),
    ...supportRoutes({ database, publisher, announceToAgents }),
    ...noteRoutes({ database, publisher, cursors }),
    ...callRoutes(config.calls),
    ...cannedReplyRoutes({ database, cursors }),
    ...clusterRoutes({ database, redis }),
    ...flightRoutes({ database, redis }),
    ...(config.production ? [] : chaosRoutes({ database, redis })),
    ...agentRoutes({ database, cursors }),
    ...directoryRoutes({
      database,
      cursors,
      everyone: config.everyoneIsFound,
      searchLimit: limits.searches,
    }),
    ...teamRoutes({ database, cursors }),
    ...blockRoutes({ database, cursors }),
    ...privacyRoutes({ database, publisher, forgetPerson, exportLimit: limits.exports }),
    ...keyRoutes({ database, cursors, forgetKeys: keys.forget }),
    ...auditRoutes({ database, cursors }),
    ...webhookRoutes({ database, checkUrl, cursors }),
    ...pushRoutes({ database, checkUrl }),
    ...notificationRoutes({ database, publisher, cursors, publishLimit: limits.channelEvents }),
    ...statsRoutes({ database, reader, cursors }),
    ...messageRoutes({ database, reader, submit, tracing, sendLimit: limits.sends }),
    ...attachments.routes,
    ...channelRoutes({ database, publisher, publishLimit: limits.channelEvents }),
    ...searchRoutes({ reader, cursors, searchLimit: limits.searches }),
    ...changeRoutes({ database, change }),
    ...signInRoutes({ password: config.passwordSignIn, demo: config.demoAccounts }),
    ...(config.passwordSignIn ? sessionRoutes(sessions) : []),
    ...(config.demoAccounts ? [...demoRoutes(mintToken), ...demoHostRoutes(config)] : []),
  ];
  const app = createApp({
    routes: createRouter({ routes, authenticate, limits, log, metrics }),
    files: attachments.fileServer,
    docs: createDocs(routes),
    mailbox: config.mailbox ? createMailbox(database) : null,
    pages: createPages(config.webRoot, config.allowedOrigins),
    health,
    allowedOrigins: config.allowedOrigins,
    trustedProxies: config.trustedProxies,
    log,
  });
  const internal = {
    secret: config.internalSecret,
    handlers: createInternalHandlers({ database, submit, change, markRead, recordCalls, log }),
  };
  watchPool(database, metrics);
  watchReplicas(replicas, metrics);
  return {
    // Bodies have their own times (bodies.ts); this one is for what slips through.
    publicServer: createServer({ headersTimeout: 10_000, requestTimeout: longestRequestMs }, app),
    privateServer: createPrivateServer({ log, metrics, health, internal }),
    health,
    flights,
    commitQueue,
    routes,
    collector: attachments.collector,
    close: attachments.close,
  };
}

const longestRequestMs = 15 * 60_000;

function watchPool(database: Database, metrics: Metrics): void {
  const gauge = metrics.get("parloir_database_pool");
  Object.assign(gauge, {
    collect() {
      for (const [state, count] of Object.entries(database.pool()))
        gauge.set({ state: state as "idle" }, count);
    },
  });
}
