/** For a query's `WITH`: whose names analysts' views hide, and by which patterns they are known. */
export const OWNERSHIP =
  "(SELECT groupArray((level, cluster, namespace, controller, team_label, service, team_id)) FROM protected_ownership) AS ownership";

const IS_PROTECTED = `each -> cluster LIKE each.2 AND namespace LIKE each.3 AND controller LIKE each.4 AND team_label LIKE each.5
  AND service LIKE each.6`;

/** hipaa or pci where cells with these columns are of such a team, else empty: of one named thing, since each is held against every pattern. Needs {@link OWNERSHIP}. */
export const PROTECTED_LEVEL = `arrayFirst(${IS_PROTECTED}, ownership).1 AS protected_level`;

/** The level of what these rows of ownership match, and the team whose alone it may be: empty where several have a rule for it, whatever its dates. */
export function protectedColumns(isProtected: string): string {
  return `(arrayFilter(${isProtected}, ownership) AS protecting)[1].1 AS protected_level,
  if(arrayUniq(arrayMap(each -> each.7, protecting)) = 1, protecting[1].7, '') AS protected_team`;
}

/** {@link PROTECTED_LEVEL}, and the only team that may read the names all the same where they are told to teams themselves. */
export const PROTECTED = protectedColumns(IS_PROTECTED);
