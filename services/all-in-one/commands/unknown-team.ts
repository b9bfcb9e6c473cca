/**
 * What is wrong with a team that is not configured.
 * @param meant which one it probably was
 */
export function unknownTeam(team: string, ids: readonly string[], meant?: string): string {
  return `--team: there is no team "${team}"${meant === undefined ? "" : `; did you mean "${meant}"`}; there are ${ids.join(", ")}`;
}
