import { expect, it } from "vitest";
import type { Viewer } from "../viewer.js";
import type { LineExplanation } from "./explanation.js";
import { asSeenBy } from "./hidden.js";

const LEAD: Viewer = { teams: ["search"], namesOf: ["search"] };

/** A line of search with a fact behind it, which carries another team's label. */
function explained(pool: string): LineExplanation {
  const fact = { namespace: "its", controller: "api", label: "genomics", protectedLevel: "hipaa" };
  const policy = {
    pool,
    version: "1",
    methods: [{ kind: "fixed", teams: { search: "20", genomics: "50.5", checkout: "29.5" }, services: {} }],
    exempt: ["checkout", "search"],
    caps: { genomics: "10", search: "5" },
    minimums: { checkout: "1" },
  };
  return { line: { pool }, facts: [fact], days: [], snapshots: [], policy } as unknown as LineExplanation;
}

it("shows a lead what is behind their own line, and of pools no name of others", () => {
  const factOf = (pool: string, viewer: Viewer) => asSeenBy(viewer, "search", explained(pool)).facts[0];
  expect(factOf("", LEAD)).toMatchObject({ namespace: "its", controller: "api", label: "genomics" });
  expect(factOf("mlflow", LEAD)).toMatchObject({
    namespace: "its",
    controller: "hidden (hipaa)",
    label: "hidden",
  });
  expect(factOf("unallocated", LEAD)).toMatchObject({
    namespace: "hidden",
    controller: "hidden",
    label: "hidden",
  });
  const analyst: Viewer = { teams: "all", namesOf: ["search"] };
  expect(factOf("unallocated", analyst)).toMatchObject({ namespace: "its", controller: "hidden (hipaa)" });
});

it("says of a policy what it gives the lead's teams, and all others together", () => {
  expect(asSeenBy(LEAD, "search", explained("mlflow")).policy).toMatchObject({
    methods: [{ kind: "fixed", teams: { search: "20", "other teams": "80" } }],
    exempt: ["search"],
    caps: { search: "5" },
    minimums: {},
  });
});
