import type { AsyncApi } from "./asyncapi.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { OpenApi, Operation } from "./openapi.ts";
import { escapeHtml, schemaHtml } from "./schema-text.ts";
import { styles } from "./styles.ts";

/**
 * `/docs`: both documents on one page that holds no script, so nothing of it can be blocked or injected. Made once,
 * when the api starts.
 */
export function renderDocs(openapi: OpenApi, asyncapi: AsyncApi): string {
  const schemas = { ...asyncapi.components.schemas, ...openapi.components.schemas };
  const names = Object.keys(schemas).toSorted();
  const tags = openapi.tags.map(({ name }) => name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parloir: REST and socket</title>
<style>${styles}</style>
</head>
<body>
<nav aria-label="Contents">
<p class="brand">Parloir</p>
<p>REST</p><ul>${tags.map((tag) => link(`rest-${tag}`, tag)).join("")}</ul>
<p>Socket</p><ul>${link("commands", "commands")}${link("events", "events")}</ul>
<p>Shapes</p><ul>${names.map((name) => link(`schema-${name}`, name)).join("")}</ul>
</nav>
<main>
<h1>REST and socket</h1>
<p>Machines read <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1) and <a href="/asyncapi.json">/asyncapi.json</a> (AsyncAPI 3). Both, and this page, are made from what the cluster checks requests with.</p>
${tags.map((tag) => restSection(tag, openapi)).join("")}
${socketSection("commands", "Commands: client to server", asyncapi, "receive")}
${socketSection("events", "Events: server to client", asyncapi, "send")}
<h2>Shapes</h2>
${names.map((name) => `<section id="schema-${name}"><h3>${name}</h3>${pre(schemas[name]!)}</section>`).join("")}
</main>
</body>
</html>
`;
}

function link(id: string, text: string): string {
  return `<li><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`;
}

function pre(schema: JsonSchema): string {
  return `<pre tabindex="0">${schemaHtml(schema)}</pre>`;
}

function restSection(tag: string, { paths }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, each]) =>
      each.tags.includes(tag) ? [operation(method, path, each)] : [],
    ),
  );
  return `<h2 id="rest-${tag}">${escapeHtml(tag)}</h2>${operations.join("")}`;
}

interface Body {
  schema: JsonSchema;
  example?: unknown;
}

function operation(method: string, path: string, { operationId, ...each }: Operation): string {
  const credentials = each.security.flatMap((one) => Object.keys(one)).join(" or ") || "anyone";
  const parameters = each.parameters.map(
    (one) =>
      `<li><code>${escapeHtml(one.name)}</code> (${one.in}${one.required ? "" : ", optional"}): ${schemaHtml(one.schema)}</li>`,
  );
  const [media, body] = (Object.entries(each.requestBody?.content ?? {})[0] ?? []) as [string?, Body?];
  return `<section id="${operationId}"><h3><span class="method">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h3>
<p>${escapeHtml(each.summary)} <span class="who">${escapeHtml(credentials)}</span></p>
${each.description ? `<p>${escapeHtml(each.description).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>` : ""}
<details><summary>Request and answer</summary>
${parameters.length > 0 ? `<h4>Parameters</h4><ul>${parameters.join("")}</ul>` : ""}
${body ? `<h4>Body: <code>${media}</code></h4>${pre(body.schema)}` : ""}
${body?.example === undefined ? "" : `<h4>Example</h4><pre tabindex="0">${escapeHtml(JSON.stringify(body.example, null, 2))}</pre>`}
<h4>Answer: <code>data</code></h4>${answerOf(each)}
</details></section>`;
}

function answerOf({ responses }: Pick<Operation, "responses">): string {
  const { content } = responses["2XX"] as {
    content: Record<string, { schema: { properties?: { data: JsonSchema } } }>;
  };
  const data = content["application/json"]?.schema.properties?.data;
  return data ? pre(data) : `<p>${escapeHtml(Object.keys(content).join(", "))}</p>`;
}

function socketSection(
  id: string,
  title: string,
  { operations, components }: AsyncApi,
  action: string,
): string {
  const sections = Object.values(operations)
    .filter((each) => each.action === action)
    .map(({ messages, summary }) => {
      const name = messages[0]!.$ref.split("/").at(-1)!;
      const ack = action === "receive" ? components.messages[`${name}_ack`] : undefined;
      return `<section id="${id}-${name}"><h3><code>${name}</code></h3><p>${escapeHtml(summary)}</p>
<details><summary>Payload${ack ? " and ack" : ""}</summary>${pre(components.messages[name]!.payload)}
${ack ? `<h4>Ack</h4>${pre(ack.payload)}` : ""}</details></section>`;
    });
  return `<h2 id="${id}">${title}</h2>${sections.join("")}`;
}
