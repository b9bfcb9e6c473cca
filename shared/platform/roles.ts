import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { clickHouseCode } from "@apportion/clickhouse/errors";
import { onCluster } from "@apportion/clickhouse/cluster-sql";
import { identifier, literal } from "@apportion/clickhouse/embedded/literal";
import { SERVICES_ONLY } from "@apportion/clickhouse/services-only";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { Team } from "@apportion/domain/tenancy";

/** To whom names of workloads of teams under HIPAA or PCI are shown. */
export type NamesShownTo = readonly ("finance" | "team")[];

/** A table or view, as roles may be given it. */
export interface Relation {
  readonly database: string;
  readonly name: string;
  readonly isView: boolean;
  readonly isServicesOnly: boolean;
  /** Whether its rows are of one team each. */
  readonly isByTeam: boolean;
}

export interface RolesOptions {
  readonly teams: readonly Pick<Team, "id" | "complianceLevel">[];
  readonly namesShownTo: NamesShownTo;
  /** With whose rights views are read. */
  readonly servicesUser: string;
  /** On whose servers all of it is said; absent on one server. */
  readonly cluster?: string | undefined;
}

const NAMED = "named_workload_daily_costs";

const RELATIONS = defineQuery({
  name: "relations for roles",
  sql: `SELECT database, tables.name AS name, engine = 'View' AS is_view, startsWith(tables.comment, {servicesOnly:String}) AS is_services_only,
  (database, name) IN (SELECT database, table FROM system.columns WHERE database = currentDatabase() AND name = 'team_id') AS is_by_team
FROM system.tables WHERE database = currentDatabase() AND NOT is_temporary ORDER BY name`,
  params: z.object({ servicesOnly: z.string() }),
  row: z.object({
    database: z.string(),
    name: z.string(),
    is_view: z.int(),
    is_services_only: z.int(),
    is_by_team: z.int(),
  }),
});

/** What there is to read in the database of the tables. */
export async function readRelations(clickhouse: ClickHouse): Promise<Relation[]> {
  const rows = await select(clickhouse, RELATIONS, { servicesOnly: SERVICES_ONLY });
  return rows.map(({ database, name, is_view, is_services_only, is_by_team }) => ({
    database,
    name,
    isView: is_view === 1,
    isServicesOnly: is_services_only === 1,
    isByTeam: is_by_team === 1,
  }));
}

/**
 * SQL for a ClickHouse server: `<database>_analyst` and `<database>_finance` read everything that is not the services' alone, and
 * `<database>_team_<id>` its own rows of the views that tell teams apart. Views are read with the rights of the services' user, so that no
 * role needs the tables behind them. Names of workloads are finance's and a team's where the configuration shows them; of a team that is
 * under neither HIPAA nor PCI they are always the team's. Who has a role is for the server's administrator: `GRANT apportion_analyst TO …`.
 *
 * Safe to repeat. What restricts and takes away comes before what gives: whoever has a role sees too little for a moment, not too much.
 */
export function roleStatements(relations: readonly Relation[], options: RolesOptions): string[] {
  const { teams, namesShownTo, servicesUser, cluster } = options;
  const everywhere = cluster === undefined ? "" : ` ${onCluster(cluster)}`;
  const database = relations[0]?.database ?? "apportion";
  const on = ({ name }: Relation): string => `${identifier(database)}.${identifier(name)}`;
  const role = (name: string): string => identifier(`${database}_${name}`);
  const roleOf = ({ id }: Pick<Team, "id">): string => role(`team_${id}`);
  const [analyst, finance, services] = [role("analyst"), role("finance"), identifier(servicesUser)];
  const all = [analyst, finance, ...teams.map(roleOf)];
  const named = relations.filter(({ name }) => name === NAMED);
  const open = relations.filter(({ isServicesOnly }) => !isServicesOnly);
  const byTeam = open.filter(({ isView, isByTeam }) => isView && isByTeam);
  const seesNames = [
    ...(namesShownTo.includes("finance") ? [finance] : []),
    ...teams
      .filter(({ complianceLevel }) => complianceLevel === "standard" || namesShownTo.includes("team"))
      .map(roleOf),
  ];
  const grant = (relation: Relation, to: readonly string[]): string[] =>
    to.length === 0 ? [] : [`GRANT${everywhere} SELECT ON ${on(relation)} TO ${to.join(", ")}`];
  const revoke = (relation: Relation, from: readonly string[]): string[] =>
    from.length === 0 ? [] : [`REVOKE${everywhere} SELECT ON ${on(relation)} FROM ${from.join(", ")}`];
  return [
    ...all.map((name) => `CREATE ROLE IF NOT EXISTS ${name}${everywhere}`),
    ...relations
      .filter(({ isView }) => isView)
      .map(
        (view) => `ALTER TABLE ${on(view)}${everywhere} MODIFY SQL SECURITY DEFINER DEFINER = ${services}`,
      ),
    ...[...byTeam, ...named].flatMap((view) => [
      // Who has no policy is not restricted by those of others; these are named all the same, for servers that are told otherwise.
      `CREATE ROW POLICY OR REPLACE ${role("everybody")}${everywhere} ON ${on(view)} FOR SELECT USING 1 TO ${analyst}, ${finance}, ${services}`,
      ...teams.map(
        (team) =>
          `CREATE ROW POLICY OR REPLACE ${roleOf(team)}${everywhere} ON ${on(view)} FOR SELECT USING team_id = ${literal(team.id)} TO ${roleOf(team)}`,
      ),
    ]),
    ...relations
      .filter(({ isServicesOnly }) => isServicesOnly)
      .flatMap((relation) =>
        revoke(
          relation,
          all.filter((name) => relation.name !== NAMED || !seesNames.includes(name)),
        ),
      ),
    ...open.flatMap((relation) => grant(relation, [analyst, finance])),
    ...byTeam.flatMap((view) => grant(view, teams.map(roleOf))),
    ...named.flatMap((view) => grant(view, seesNames)),
  ];
}

/** Not enough privileges; no place for roles; a server whose users are in a file that it only reads. */
const MAY_NOT = new Set([497, 495, 514]);

/**
 * Applies them one after the other.
 * @returns why they were not, where the services' user may not make roles; whatever was done before stays, and does no harm
 */
export async function applyRoles(
  clickhouse: ClickHouse,
  statements: readonly string[],
): Promise<string | undefined> {
  for (const statement of statements) {
    try {
      await clickhouse.command({ query: statement });
    } catch (error) {
      if (!MAY_NOT.has(clickHouseCode(error) ?? 0)) throw error;
      return (error as Error).message;
    }
  }
  return undefined;
}
