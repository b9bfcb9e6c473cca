/**
 * What is wrong with a team that is not configured.
 * @param meant which one it probably was
 * @param flag the option that named it
 */
export function unknownTeam(team: string, ids: readonly string[], meant?: string, flag = "--team"): string {
  return `${flag}: there is no team "${team}"${meant === undefined ? "" : `; did you mean "${meant}"`}; there are ${ids.join(", ")}`;
}
