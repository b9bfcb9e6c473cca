/** For a query's `WITH`: whose names analysts' views hide, and by which patterns they are known. */
export const OWNERSHIP =
  "(SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership";

/** hipaa or pci where cells with these columns are of such a team, else empty: of one named thing, since each is held against every pattern. Needs {@link OWNERSHIP}. */
export const PROTECTED_LEVEL = `arrayFirst(each -> cluster LIKE each.2 AND namespace LIKE each.3 AND controller LIKE each.4 AND team_label LIKE each.5
  AND service LIKE each.6, ownership).1 AS protected_level`;
