import {
  type Dashboard,
  DashboardCursorSync,
  type DashboardBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { capacityDashboard } from "./capacity.js";
import { explorerDashboard } from "./explorer.js";
import { financeDashboard } from "./finance.js";
import { operationsDashboard } from "./operations.js";
import { teamDashboard } from "./team.js";

/** Days of charges are UTC, so a day is the same day for everybody. */
function settled(dashboard: DashboardBuilder): Dashboard {
  return dashboard
    .tags(["apportion"])
    .timezone("utc")
    .time({ from: "now-60d", to: "now" })
    .refresh("")
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .build();
}

/** By the names of their files. */
export function dashboards(currency: string): ReadonlyMap<string, Dashboard> {
  return new Map([
    ["teams", settled(teamDashboard(currency))],
    ["finance", settled(financeDashboard(currency))],
    ["explorer", settled(explorerDashboard(currency))],
    ["capacity", settled(capacityDashboard(currency))],
    ["operations", settled(operationsDashboard(currency))],
  ]);
}

/** As it lies in `dashboards/`, and Grafana reads it. */
export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
