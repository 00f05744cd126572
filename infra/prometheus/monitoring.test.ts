import { readdirSync, readFileSync } from "node:fs";
import { type MetricName, metricTable } from "@parloir/platform/metrics.ts";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dashboards, fileOf, renderDashboard } from "../grafana/dashboards.ts";
import { burnAlerts, causeAlerts, recordingRules } from "./alerts.ts";
import { caseFile, caseFiles, renderCases } from "./cases.ts";
import { operatorRulesFile, renderOperatorRules, renderRules, rulesFile } from "./rules.ts";
import { serviceLevels } from "./service-levels.ts";

/** Whether the rules do what they say is for `promtool test rules` (.ci/run); here, whether they speak of what there is. */
const rules = [...recordingRules(), ...burnAlerts(), ...causeAlerts()];
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...dashboards.flatMap(({ panels }) => panels.flatMap(({ series }) => Object.values(series))),
];
const runbooks = new URL("../../docs/runbooks/", import.meta.url);

/** What prom-client and Prometheus bring. */
const given =
  /^(process_cpu_seconds_total|process_resident_memory_bytes|nodejs_eventloop_lag_p99_seconds|up)$/;

function metricsIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '""');
  return [...bare.matchAll(/\b(?:parloir|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
}

describe("rules and dashboards", () => {
  it("are what `npm run monitoring` makes", () => {
    expect(readFileSync(rulesFile, "utf8")).toBe(renderRules());
    const forOperator = readFileSync(operatorRulesFile, "utf8");
    expect(forOperator).toBe(renderOperatorRules());
    expect(parse(forOperator).spec).toEqual(parse(renderRules()));
    for (const [name, cases] of Object.entries(caseFiles))
      expect(readFileSync(caseFile(name), "utf8")).toBe(renderCases(cases));
    for (const dashboard of dashboards)
      expect(readFileSync(fileOf(dashboard), "utf8")).toBe(renderDashboard(dashboard));
  });

  it("ask only for metrics that there are, with labels that they have", () => {
    for (const name of expressions.flatMap(metricsIn)) {
      const base = name.replace(/_(bucket|count|sum)$/, "");
      const { kind } = metricTable[(name in metricTable ? name : base) as MetricName] ?? {};
      if (!given.test(name)) expect(kind, name).toBeDefined();
      if (!(name in metricTable) && !given.test(name)) expect(kind, name).toBe("histogram");
    }
    for (const [, name, body] of expressions.join("\n").matchAll(/(parloir_\w+)\{([^}]*)\}/g)) {
      const metric =
        metricTable[name!.replace(/_(bucket|count|sum)$/, "") as MetricName] ??
        metricTable[name as MetricName];
      for (const [, label] of body!.matchAll(/(\w+)\s*[=!]/g))
        expect(["le", "node", "job", ...metric.labels], `${name} ${label}`).toContain(label);
    }
  });

  it("measure latencies at a bound of their histogram", () => {
    for (const level of Object.values(serviceLevels.levels)) {
      if (!("histogram" in level)) continue;
      const { buckets } = metricTable[level.histogram as MetricName] as unknown as { buckets: number[] };
      expect(buckets).toContain(level.withinSeconds);
    }
  });

  it("have names of their own", () => {
    const names = rules.map(({ record, alert }) => record ?? alert);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });
});

describe("every alert", () => {
  const alerts = [...burnAlerts(), ...causeAlerts()];
  const cases = Object.values(caseFiles).flatMap((file) => file.cases);

  it.each(alerts.map(({ alert }) => alert!))(
    "%s has a case in which it fires, and one in which it stays silent",
    (alert) => {
      const own = cases.filter((each) => each.alert === alert);
      expect(own.some(({ fires }) => fires !== null)).toBe(true);
      expect(own.some(({ fires }) => fires === null)).toBe(true);
    },
  );

  it("has cases of series that there are, with labels that they have", () => {
    for (const name of cases.flatMap(({ series }) => Object.keys(series))) {
      const [, metric, body = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(name)!;
      if (given.test(metric!)) continue;
      const known =
        metricTable[metric as MetricName] ??
        metricTable[metric!.replace(/_(bucket|count|sum)$/, "") as MetricName];
      expect(known, metric).toBeDefined();
      for (const [, label] of body.matchAll(/(\w+)=/g))
        expect(["le", "node", ...known.labels], `${name} ${label}`).toContain(label);
    }
  });

  it("is tried out by CI", () => {
    const ci = readFileSync(new URL("../../.ci/run", import.meta.url), "utf8");
    expect(ci).toContain("promtool test rules infra/prometheus/rules/*.test.yml");
  });

  it("has a runbook, and every runbook an alert", () => {
    const wanted = new Set([...burnAlerts(), ...causeAlerts()].map((rule) => rule.annotations!.runbook));
    const there = readdirSync(runbooks).map((file) => `docs/runbooks/${file}`);
    expect(there.toSorted()).toEqual([...wanted].toSorted());
  });
});
