import { expect, it } from "vitest";
import { createMetrics } from "../metrics.ts";
import { metricsOf } from "./figures.ts";
import { levelsOf, selectorOf } from "./levels.ts";
import { createMetricsWindow } from "./window.ts";

it("counts what was bad by the selectors of the service levels, each process what it has", async () => {
  const gateway = createMetrics("gateway", "gw1");
  const commands = gateway.get("parloir_commands_total");
  const window = createMetricsWindow(gateway, metricsOf.gateway);
  commands.inc({ event: "send_message", outcome: "ok" }, 97);
  commands.inc({ event: "send_message", outcome: "UNAVAILABLE" }, 2);
  commands.inc({ event: "send_message", outcome: "INVALID" }, 1);
  commands.inc({ event: "heartbeat", outcome: "INTERNAL" }, 50);
  gateway.get("parloir_canary_total").inc({ outcome: "unacked" }, 3);
  for (const seconds of [0.01, 0.25, 0.3, 7]) gateway.get("parloir_ack_seconds").observe(seconds);
  const counted = {
    send: { all: 100, bad: 2 },
    ack: { all: 4, bad: 2 },
    delivery: { all: 0, bad: 0 },
    canary: { all: 3, bad: 3 },
  };
  // Since the start, however often one looks: nothing falls between two looks.
  for (const _ of [1, 2]) {
    await window.tick();
    expect(levelsOf(metricsOf.gateway, window)).toEqual(counted);
  }

  const api = createMetrics("api", "api1");
  const served = api.get("parloir_http_requests_total");
  const apiWindow = createMetricsWindow(api, metricsOf.api);
  for (const status of ["200", "404", "500", "503"]) served.inc({ route: "/x", method: "GET", status });
  await apiWindow.tick();
  expect(levelsOf(metricsOf.api, apiWindow).rest).toEqual({ all: 4, bad: 2 });
});

it.each([
  ['m{a="x"}', { a: "x" }, true],
  ['m{a="x"}', { a: "xx" }, false],
  ['m{a!="x"}', { a: "y" }, true],
  ['m{a=~"x|5.."}', { a: "503" }, true],
  ['m{a=~"x|5.."}', { a: "5034" }, false],
  ['m{a!~"5.."}', { a: "503" }, false],
])("%s and %o: %s", (text, given, fits) => {
  const { name, labels } = selectorOf(text);
  expect(name).toBe("m");
  const wanted = labels.a as (value: string) => boolean;
  expect(wanted(given.a)).toBe(fits);
});
