import { expect, it } from "vitest";
import { rolesText } from "./migrate.js";

it("says which roles there are, and what the analyst's user needs, as statements that can be run", () => {
  expect(rolesText("apportion", undefined)).toBe(
    "Roles are up to date: apportion_analyst, apportion_finance, and apportion_team_… of each team.",
  );
  expect(rolesText("apportion", "reader")).toMatch(
    /reader needs the first alone: GRANT apportion_analyst TO reader; REVOKE SELECT ON apportion\.\* FROM reader$/,
  );
});
