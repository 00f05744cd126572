import { CodedError } from "@parloir/contracts/errors.ts";
import type { Handler } from "./handlers.ts";

/** Admins only: `cluster` every two seconds from now on, or no more of it. */
export const watchCluster: Handler<"watch_cluster"> = async ({ clusterWatch }, socket, { on }) => {
  if (socket.data.user.role !== "admin") throw new CodedError("FORBIDDEN", "for admins");
  if (on) return { cluster: await clusterWatch.watch(socket) };
  clusterWatch.unwatch(socket);
  return { cluster: null };
};
