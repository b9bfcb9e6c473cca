import { type ComponentType, lazy } from "react";
import { Overview } from "../overview/overview.js";

type PageOf = ComponentType<{ readonly parts: readonly string[] }>;

/** The first page is there at once; the others are loaded when somebody goes there, or has been here for a while. */
const LOADED = {
  report: () => import("../report/report.js"),
  explore: () => import("../explore/explore.js"),
  changes: () => import("../changes/changes.js"),
  teams: () => import("../teams/teams.js"),
  team: () => import("../teams/team.js"),
  shared: () => import("../shared/shared.js"),
  recommendations: () => import("../recommendations/recommendations.js"),
  policies: () => import("../policies/policies.js"),
  books: () => import("../books/books.js"),
  readings: () => import("../readings/readings.js"),
  why: () => import("../why/page.js"),
  panel: () => import("../why/panel.js"),
} as const;

export const ROUTES: readonly (readonly [RegExp, PageOf])[] = [
  [/^\/$/, Overview],
  [/^\/report$/, lazy(LOADED.report)],
  [/^\/explore$/, lazy(LOADED.explore)],
  [/^\/changes$/, lazy(LOADED.changes)],
  [/^\/teams$/, lazy(LOADED.teams)],
  [/^\/teams\/([^/]+)$/, lazy(LOADED.team)],
  [/^\/shared$/, lazy(LOADED.shared)],
  [/^\/recommendations$/, lazy(LOADED.recommendations)],
  [/^\/policies$/, lazy(LOADED.policies)],
  [/^\/books$/, lazy(LOADED.books)],
  [/^\/readings$/, lazy(LOADED.readings)],
  [/^\/why$/, lazy(LOADED.why)],
];

export const WhyPanel = lazy(LOADED.panel);

export function loadPages(): void {
  for (const load of Object.values(LOADED))
    load().catch(() => {
      // Whoever goes there is told.
    });
}
