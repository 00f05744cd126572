import { createPublisherClient, type Sentinels } from "@parloir/platform/redis.ts";
import { type Finding, ok, problem } from "./finding.ts";
import { silent, withRedis } from "./stores.ts";

/** Those who know where the queues are, and say so when it moves: each is asked by itself. */

/** What one of them says of the master. */
export interface View {
  address: string;
  master: string;
  replicas: number;
  /** Itself included. */
  sentinels: number;
  quorum: number;
}

/** One of three may be lost, and those who are left are still the majority that a failover needs. */
const fewest = 3;

export async function checkSentinels(sentinels: Sentinels): Promise<Finding[]> {
  const asked = await Promise.all(
    sentinels.nodes.map(async ({ host, port }) => {
      const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const { password, master } = sentinels;
      const login = password === null ? "" : `:${encodeURIComponent(password)}@`;
      try {
        return await viewOf(address, `redis://${login}${address}`, master);
      } catch (error) {
        const fix = "is it running, and does it know QUEUE_REDIS_MASTER and QUEUE_REDIS_SENTINEL_PASSWORD?";
        return problem(`Sentinel ${address}`, (error as Error).message, fix);
      }
    }),
  );
  const views = asked.filter((each) => "address" in each);
  return [...asked.filter((each) => "what" in each), ...judgeSentinels(views)];
}

async function viewOf(address: string, url: string, master: string): Promise<View> {
  return withRedis(createPublisherClient({ url, cluster: false }, silent), async (redis) => {
    const fields = (await redis.call("SENTINEL", "MASTER", master)) as string[];
    const of = (name: string) => fields[fields.indexOf(name) + 1] ?? "";
    return {
      address,
      master: `${of("ip")}:${of("port")}`,
      replicas: Number(of("num-slaves")),
      sentinels: Number(of("num-other-sentinels")) + 1,
      quorum: Number(of("quorum")),
    };
  });
}

export function judgeSentinels(views: View[]): Finding[] {
  const what = "Sentinels";
  const [first] = views;
  if (!first) return [];
  const masters = [...new Set(views.map(({ master }) => master))];
  if (masters.length > 1)
    return [
      problem(
        what,
        `name different masters: ${masters.join(", ")}`,
        "wait for a failover to end; else SENTINEL RESET the one that is alone",
      ),
    ];
  const [replicas, sentinels] = [
    Math.min(...views.map((view) => view.replicas)),
    Math.min(...views.map((view) => view.sentinels)),
  ];
  const found: Finding[] = [];
  if (replicas === 0)
    found.push(
      problem(what, `${first.master} has no replica`, "start one (replicaof): there is nobody to take over"),
    );
  if (sentinels < fewest || first.quorum > sentinels)
    found.push(
      problem(
        what,
        `${sentinels} know each other, and ${first.quorum} must agree`,
        "run three or more, on machines of their own: fewer cannot lose one",
      ),
    );
  return found.length > 0
    ? found
    : [
        ok(
          what,
          `${sentinels} watch ${first.master}, which has ${replicas === 1 ? "a replica" : `${replicas} replicas`}`,
        ),
      ];
}
