import {
  pushKey,
  pushSubscriptionBody,
  pushSubscriptionParams,
  pushSubscriptionRef,
} from "@parloir/contracts/push.ts";
import { nothing } from "@parloir/contracts/shape-schemas.ts";
import { newVapidKeys } from "@parloir/platform/vapid.ts";
import type { Database } from "@parloir/store/database.ts";
import { deletePushSubscription, putPushSubscription, vapidKeys } from "@parloir/store/push.ts";
import { type Route, route } from "../route.ts";
import type { CheckUrl } from "./webhooks.ts";

/** Browsers in which a person wants to be told, also when no page is open. */
export function pushRoutes({ database, checkUrl }: { database: Database; checkUrl: CheckUrl }): Route[] {
  return [
    route({
      method: "get",
      path: "/api/push/key",
      about: "The key that a browser subscribes with.",
      answer: pushKey,
      who: "person",
      async handle() {
        const { publicKey } = await vapidKeys(database, newVapidKeys);
        return { data: { publicKey } };
      },
    }),
    route({
      method: "post",
      path: "/api/push/subscriptions",
      about: "Tells oneself in this browser from now on, and nobody else.",
      answer: pushSubscriptionRef,
      who: "person",
      body: pushSubscriptionBody,
      async handle({ body, person }) {
        checkUrl("endpoint", body.endpoint);
        const { id, created } = await putPushSubscription(database, person.id, body);
        return { status: created ? 201 : 200, data: { id } };
      },
    }),
    route({
      method: "delete",
      path: "/api/push/subscriptions/:id",
      about: "Tells oneself no longer in that browser.",
      answer: nothing,
      who: "person",
      params: pushSubscriptionParams,
      async handle({ params, person }) {
        await deletePushSubscription(database, person.id, params.id);
        return { data: {} };
      },
    }),
  ];
}
