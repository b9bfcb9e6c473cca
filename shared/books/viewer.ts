import { z } from "zod";
import { type Payer, payerNamed } from "./months/month.js";

/**
 * Who asks: an argument of every read that shows costs, so that no page, file or program can show more than another. Everybody's rows, or those
 * of some teams alone; and of which teams under HIPAA or PCI the names of workloads are shown.
 */
export interface Viewer {
  /** Ids of the teams whose rows may be seen; `all`: everybody's, and what is on no team's statement. */
  readonly teams: "all" | readonly string[];
  /** Ids of the teams whose workloads are named although they are protected; `all`: every team's. */
  readonly namesOf: "all" | readonly string[];
}

/** Of a viewer, whose rows: where no names of workloads are shown, or somebody else hides them. */
export type RowViewer = Pick<Viewer, "teams">;

/** The owner of the deployment: of commands on its own folder, and of services. */
export const EVERYBODY: Viewer = { teams: "all", namesOf: "all" };

/** Everybody's costs, and no protected team's names: where several read what is said, or nobody is to read those. */
export const WITHOUT_NAMES: Viewer = { teams: "all", namesOf: [] };

/** Who sees everybody's costs as finance does. @param namesShownTo as the configuration has it (`protectedNames.shownTo`) */
export function asFinance(namesShownTo: readonly string[]): Viewer {
  return namesShownTo.includes("finance") ? EVERYBODY : WITHOUT_NAMES;
}

/** Somebody asked about what is not theirs. It does not say whether there is such a thing. */
export class NotYoursError extends Error {
  override readonly name = "NotYoursError";
  readonly code = "books.notYours";
}

/** Whether rows of a payer may be seen: what is on no team's statement is for those who see everybody's. */
export function sees({ teams }: RowViewer, { ownerKind, teamId }: Payer): boolean {
  return teams === "all" || (ownerKind === "team" && teams.includes(teamId));
}

export function seesTeam(viewer: RowViewer, teamId: string): boolean {
  return sees(viewer, { ownerKind: "team", teamId });
}

/** @throws NotYoursError */
export function requireTeam(viewer: RowViewer, teamId: string): void {
  if (!seesTeam(viewer, teamId))
    throw new NotYoursError(`You see ${teamsText(viewer)}; ask whoever keeps the roles for more`);
}

/** Of a statement: a team's own, and what is kept apart for those who see everybody. @throws NotYoursError */
export function requirePayer(viewer: RowViewer, payer: string): void {
  const { ownerKind, teamId } = payerNamed(payer);
  if (ownerKind === "team") requireTeam(viewer, teamId);
  else requireAll(viewer);
}

/** Whether workloads of a team are named although it is protected. */
export function seesNames({ namesOf }: Viewer, teamId: string): boolean {
  return namesOf === "all" || namesOf.includes(teamId);
}

/** Whether workloads of a payer are named although they are protected: those that are no team's are for who sees every name. */
export function seesNamesOf(viewer: Viewer, { ownerKind, teamId }: Payer): boolean {
  return viewer.namesOf === "all" || (ownerKind === "team" && seesNames(viewer, teamId));
}

/** What stands where somebody may not read a name. @param level hipaa or pci, where it is hidden for that */
export function hiddenName(level = ""): string {
  return level === "" ? "hidden" : `hidden (${level})`;
}

/** What is empty is no name, and stays so. */
export function masked(name: string, level = ""): string {
  return name === "" ? name : hiddenName(level);
}

/** For what concerns everybody, such as the books of the company. @throws NotYoursError */
export function requireAll(viewer: RowViewer): void {
  if (viewer.teams !== "all")
    throw new NotYoursError(`This is about everybody, and you see ${teamsText(viewer)}`);
}

function teamsText({ teams }: RowViewer): string {
  if (teams === "all") return "everybody's costs";
  return teams.length === 0 ? "no team's costs" : `those of ${teams.join(", ")}`;
}

/** For a condition in SQL, with {@link viewerParams}: the rows of `owner_kind` and `team_id` that may be seen. */
export const SEEN = "({seesAll:Bool} OR (owner_kind = 'team' AND team_id IN {seenTeams:Array(String)}))";

/** Shape of {@link viewerParams}. */
export const viewerShape = { seesAll: z.boolean(), seenTeams: z.array(z.string()) };

export function viewerParams({ teams }: RowViewer): { seesAll: boolean; seenTeams: string[] } {
  return teams === "all" ? { seesAll: true, seenTeams: [] } : { seesAll: false, seenTeams: [...teams] };
}
