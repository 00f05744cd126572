import { randomBytes } from "node:crypto";
import { CodedError } from "@parloir/contracts/errors.ts";
import { defaultPageSize } from "@parloir/contracts/http.ts";
import { nothing, pageOf } from "@parloir/contracts/shape-schemas.ts";
import { delivery, newWebhook, replayed, webhook } from "@parloir/contracts/webhook-schemas.ts";
import {
  changeWebhookBody,
  createWebhookBody,
  listDeliveriesQuery,
  listWebhooksQuery,
  type NewWebhook,
  replayBody,
  webhookParams,
} from "@parloir/contracts/webhooks.ts";
import { isIpLiteral, type Networks } from "@parloir/platform/networks.ts";
import { webhookSecret } from "@parloir/platform/webhook-signature.ts";
import type { Database } from "@parloir/store/database.ts";
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  findWebhook,
  listDeliveries,
  listWebhooks,
  replayDeliveries,
  rotateWebhook,
} from "@parloir/store/webhooks.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";

const secretBytes = 32;
const newSecret = () => webhookSecret(randomBytes(secretBytes));

/** @throws CodedError INVALID for a URL that nothing would be sent to */
export type CheckUrl = (field: string, url: string) => void;

/** Early and in words. What counts is the address at the moment of sending, which the worker judges. */
export function createCheckUrl(networks: Networks): CheckUrl {
  return (field, text) => {
    const { hostname, protocol } = new URL(text);
    if (!isIpLiteral(hostname)) return;
    if (!networks.mayCall(hostname)) throw new CodedError("INVALID", `${field}: not a public address`);
    if (protocol === "http:" && !networks.isListed(hostname))
      throw new CodedError("INVALID", `${field}: must be https`);
  };
}

/** Where the host's back end is told of unseen notifications, and what became of it. The worker sends. */
export function webhookRoutes(options: {
  database: Database;
  checkUrl: CheckUrl;
  cursors: Cursors;
}): Route[] {
  const { database, checkUrl, cursors } = options;
  const access = { who: "admin", scope: "webhooks:manage" } as const;

  return [
    route({
      method: "post",
      path: "/api/webhooks",
      about: "Adds a webhook; the answer alone holds its secret.",
      answer: newWebhook,
      ...access,
      body: createWebhookBody,
      async handle({ body: { url, name = new URL(url).hostname }, origin }) {
        checkUrl("url", url);
        const secret = newSecret();
        const created = await createWebhook(database, { url, name, secret }, origin);
        return { status: 201, data: { ...created, secret } satisfies NewWebhook };
      },
    }),
    route({
      method: "get",
      path: "/api/webhooks",
      about: "The webhooks, without their secrets.",
      answer: pageOf(webhook),
      ...access,
      query: listWebhooksQuery,
      async handle({ query: { cursor, limit = defaultPageSize } }) {
        const [before = null] = cursor === undefined ? [] : cursors.open("webhooks", cursor);
        const found = await listWebhooks(database, { before, limit: limit + 1 });
        return { data: pageFrom(found, limit, (id) => cursors.seal("webhooks", [id])) };
      },
    }),
    route({
      method: "patch",
      path: "/api/webhooks/:id",
      about: "Changes a webhook, or enables or disables it.",
      answer: webhook,
      ...access,
      params: webhookParams,
      body: changeWebhookBody,
      async handle({ params, body, origin }) {
        if (body.url !== undefined) checkUrl("url", body.url);
        return { data: await changeWebhook(database, params.id, body, origin) };
      },
    }),
    route({
      method: "delete",
      path: "/api/webhooks/:id",
      about: "Removes a webhook; what waits for it is not sent.",
      answer: nothing,
      ...access,
      params: webhookParams,
      async handle({ params, origin }) {
        await deleteWebhook(database, params.id, origin);
        return { data: {} };
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/rotate",
      about: "Makes a new secret; the former one signs beside it for a day.",
      answer: newWebhook,
      ...access,
      params: webhookParams,
      async handle({ params, origin }) {
        const secret = newSecret();
        const rotated = await rotateWebhook(database, params.id, secret, origin);
        return { data: { ...rotated, secret } satisfies NewWebhook };
      },
    }),
    route({
      method: "get",
      path: "/api/webhooks/:id/deliveries",
      about: "What was sent to a webhook, newest first.",
      answer: pageOf(delivery),
      ...access,
      params: webhookParams,
      query: listDeliveriesQuery,
      async handle({ params: { id }, query: { cursor, limit = defaultPageSize, state = null } }) {
        await findWebhook(database, id);
        const scope = `deliveries ${id} ${state}`;
        const [before = null] = cursor === undefined ? [] : cursors.open(scope, cursor);
        const found = await listDeliveries(database, id, { state, before, limit: limit + 1 });
        return { data: pageFrom(found, limit, (last) => cursors.seal(scope, [last])) };
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/replay",
      about: "Sends dead letters of a webhook again, under the same ids.",
      answer: replayed,
      ...access,
      params: webhookParams,
      body: replayBody,
      bodyIsOptional: true,
      async handle({ params, body, origin }) {
        return { data: { replayed: await replayDeliveries(database, params.id, body.ids ?? null, origin) } };
      },
    }),
  ];
}

/** @param found one more than is shown, if there is one */
function pageFrom<Item extends { id: string }>(found: Item[], limit: number, seal: (id: string) => string) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? seal(last.id) : null };
}
