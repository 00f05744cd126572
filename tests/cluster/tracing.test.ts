import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { startReceiver } from "../setup/receiver.ts";
import { eventually } from "../setup/waiting.ts";
import { startCluster } from "./cluster.ts";

/** What a collector is sent of a message's way over every process. */
const collector = await startReceiver();
const cluster = await startCluster({
  gateways: 2,
  workers: 1,
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=our%20own",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  },
});
afterAll(async () => {
  await cluster.stop();
  await collector.stop();
});

interface Exported {
  node: string;
  service: string;
  environment: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Record<string, unknown>;
}

type Attributes = { key: string; value: { stringValue?: string; intValue?: number } }[];

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: {
      spans: (Omit<Exported, "node" | "service" | "attributes"> & { attributes: Attributes })[];
    }[];
  }[];
}

const valuesOf = (attributes: Attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));

function exported(): Exported[] {
  const requests = collector.received.map(({ body }) => JSON.parse(body.toString()) as ExportRequest);
  return requests
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ resource, scopeSpans }) => {
      const about = valuesOf(resource.attributes);
      return scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({
          ...span,
          node: String(about["service.instance.id"]),
          service: String(about["service.name"]),
          environment: String(about["deployment.environment.name"]),
          attributes: valuesOf(span.attributes),
        })),
      );
    });
}

/** The spans of one message, once all of them have come. */
async function tree(belongs: (span: Exported) => boolean, steps: string[]): Promise<Exported[]> {
  return eventually(
    "the spans of one message",
    () => exported().filter(belongs),
    (spans) => spans.length >= steps.length,
  );
}

const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
const { id: conversationId } = await cluster.conversation(ana, ben);
const [anaSocket, benSocket] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];

const afterCommit = ["publish api1", "deliver gw1", "deliver gw2", "notify worker1", "search worker1"];
const nameOf = ({ name, node }: Exported) => `${name} ${node}`;

/** Each step with the one that it followed. */
function followed(spans: Exported[]): Record<string, string | undefined> {
  const byId = new Map(spans.map((span) => [span.spanId, nameOf(span)]));
  return Object.fromEntries(
    spans.map((span) => [nameOf(span), byId.get(span.parentSpanId ?? "") ?? span.parentSpanId]),
  );
}

describe("a message over two gateways, an api and a worker", () => {
  it("is one trace, which begins at the client's span", async () => {
    const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const { seq } = await anaSocket.ok("send_message", {
      conversationId,
      clientMessageId: randomUUID(),
      content: "a secret",
      traceparent: `00-${traceId}-${spanId}-01`,
    });
    const [received] = await benSocket.messages(conversationId, seq);
    expect(received).not.toHaveProperty("traceparent");
    const steps = ["send_message gw1", "commit api1", ...afterCommit];
    const spans = await tree((span) => span.traceId === traceId, steps);
    expect(followed(spans)).toEqual({
      "send_message gw1": spanId,
      "commit api1": "send_message gw1",
      "publish api1": "commit api1",
      "deliver gw1": "publish api1",
      "deliver gw2": "publish api1",
      "notify worker1": "commit api1",
      "search worker1": "commit api1",
    });
    expect(spans).toHaveLength(steps.length);
    const services = new Set(spans.map(({ service }) => service));
    expect(services).toEqual(new Set(["parloir-gateway", "parloir-api", "parloir-worker"]));
    expect(new Set(spans.map(({ environment }) => environment))).toEqual(new Set(["test"]));
    const delivered = spans.find((span) => nameOf(span) === "deliver gw2")!.attributes;
    const commit = spans.find((span) => nameOf(span) === "commit api1")!.attributes;
    expect(commit).toEqual({ "parloir.conversation.id": conversationId, "parloir.message.seq": seq });
    expect(delivered).toEqual({ ...commit, "parloir.receivers": 1 });
    expect(collector.received[0]).toMatchObject({
      path: "/v1/traces",
      headers: { "x-tenant": "our own", "content-type": "application/json" },
    });
    expect(JSON.stringify(exported())).not.toContain("a secret");
  });

  it("begins a trace of its own when the client has none", async () => {
    const { seq } = await cluster.send(anaSocket, conversationId);
    const [root] = await tree(
      (span) => span.name === "send_message" && span.attributes["parloir.message.seq"] === seq,
      ["send_message"],
    );
    expect(root!.parentSpanId).toBeFalsy();
    const steps = ["send_message gw1", "commit api1", ...afterCommit];
    const spans = await tree((span) => span.traceId === root!.traceId, steps);
    expect(spans.map(nameOf).toSorted()).toEqual(steps.toSorted());
  });

  it("by REST takes the context from the header, and passes over what is none", async () => {
    const send = async (traceparent: string) => {
      const answer = await fetch(`${cluster.apiUrl}/api/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${ana.token}`, "content-type": "application/json", traceparent },
        body: JSON.stringify({ conversationId, clientMessageId: randomUUID(), content: "hello" }),
      });
      return ((await answer.json()) as { data: { seq: number } }).data.seq;
    };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const seq = await send(`00-${traceId}-b7ad6b7169203331-01`);
    const other = await send("no context");
    const rootOf = async (wanted: number) =>
      (
        await tree(
          (span) => span.name === "send_message" && span.attributes["parloir.message.seq"] === wanted,
          ["send_message"],
        )
      )[0]!;
    expect(await rootOf(seq)).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331", node: "api1" });
    expect((await rootOf(other)).parentSpanId).toBeFalsy();
  });

  it("that its client does not want traced goes through without a span", async () => {
    const traceId = "11111111111111111111111111111111";
    const unwanted = `00-${traceId}-00f067aa0ba902b7-00`;
    const { seq } = await anaSocket.ok("send_message", {
      conversationId,
      clientMessageId: randomUUID(),
      content: "hello",
      traceparent: unwanted,
    });
    // What comes later has come: what was before it would have, too.
    const later = await cluster.send(anaSocket, conversationId);
    await tree(
      (span) => span.name === "search" && span.attributes["parloir.message.seq"] === later.seq,
      ["search"],
    );
    expect(exported().filter((span) => span.traceId === traceId)).toEqual([]);
    expect(later.seq).toBe(seq + 1);
  });

  it("that is refused says why", async () => {
    const traceId = "22222222222222222222222222222222";
    const refused = await anaSocket.refused("send_message", {
      conversationId: randomUUID(),
      clientMessageId: randomUUID(),
      content: "hello",
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    });
    expect(refused.code).toBe("NOT_FOUND");
    const spans = await tree((span) => span.traceId === traceId, ["send_message", "commit"]);
    expect(spans.map(({ attributes }) => attributes["error.type"])).toEqual(["NOT_FOUND", "NOT_FOUND"]);
  });
});
