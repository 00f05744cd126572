/** `npm run monitoring` writes the rules of Prometheus and the dashboards of Grafana. A test holds the files against it. */
import { writeFileSync } from "node:fs";
import { dashboards, fileOf, renderDashboard } from "../grafana/dashboards.ts";
import { renderRules, rulesFile } from "./rules.ts";

writeFileSync(rulesFile, renderRules());
for (const dashboard of dashboards) writeFileSync(fileOf(dashboard), renderDashboard(dashboard));
