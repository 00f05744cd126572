import type {
  NotificationList,
  NotificationPreferences,
  ReadNotifications,
} from "@parloir/contracts/notifications.ts";
import type { Rest } from "./rest.ts";

/** The person's notifications as they are stored; what comes later is told by `onNotification` and its like. */
export interface Bell {
  /** Newest first; with a former page's `nextCursor`, those before it. @throws CodedError */
  page(cursor?: string | null): Promise<NotificationList>;
  /** All of them without ids. The person's other pages are told. @throws CodedError */
  markRead(ids?: readonly string[]): Promise<ReadNotifications>;
  /** By which ways the person is told, and when not. @throws CodedError */
  preferences(): Promise<NotificationPreferences>;
  setPreferences(wanted: NotificationPreferences): Promise<NotificationPreferences>;
}

const address = "/api/notifications";
const pageSize = 30;

export function createBell(rest: Rest): Bell {
  return {
    page(cursor = null) {
      const after = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      return rest("GET", `${address}?limit=${pageSize}${after}`);
    },
    markRead: (ids) => rest("POST", `${address}/read`, ids ? { ids } : {}),
    preferences: () => rest("GET", `${address}/preferences`),
    setPreferences: (wanted) => rest("PUT", `${address}/preferences`, wanted),
  };
}
