/**
 * `npm run monitoring` writes the rules of Prometheus, the cases in which its alerts fire, and the dashboards of Grafana.
 * A test holds the files against it.
 */
import { writeFileSync } from "node:fs";
import { dashboards, fileOf, renderDashboard } from "../grafana/dashboards.ts";
import { caseFile, caseFiles, renderCases } from "./cases.ts";
import { operatorRulesFile, renderOperatorRules, renderRules, rulesFile } from "./rules.ts";

writeFileSync(rulesFile, renderRules());
writeFileSync(operatorRulesFile, renderOperatorRules());
for (const [name, cases] of Object.entries(caseFiles)) writeFileSync(caseFile(name), renderCases(cases));
for (const dashboard of dashboards) writeFileSync(fileOf(dashboard), renderDashboard(dashboard));
