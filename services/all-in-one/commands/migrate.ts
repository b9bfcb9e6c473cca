import { placesInWords } from "@apportion/platform/identity";
import { openPlatform } from "@apportion/platform/platform";
import { applyRoles, readRelations, roleStatements } from "@apportion/platform/roles";
import { createLogger } from "@apportion/runtime/logger";
import { print, say, UsageError, type CommandContext } from "./context.js";
import { type CommonOptions, findGround } from "./load.js";

/**
 * Creates the topics and brings the tables up to date; safe to repeat and to interrupt. Where the database was moved, or is reached by
 * another name, the event log knows that place too afterwards. On a server it makes the roles of analysts, finance and teams where its user
 * may; `rolesSql` prints them for who may instead.
 */
export async function migrateCommand(
  context: CommandContext,
  options: CommonOptions & { readonly replaceDatabase?: boolean; readonly rolesSql?: boolean },
): Promise<void> {
  const { config, opening } = await findGround(context, options, ["eventLog", "clickhouse"]);
  if (opening.running && options.replaceDatabase)
    throw new UsageError(
      `--replace-database: process ${opening.running.pid} works on ${options.data}; end it first`,
    );
  const logger = createLogger(config.logLevel);
  const platform = await openPlatform(config, {
    ...opening,
    logger,
    replacesDatabase: options.replaceDatabase === true,
  });
  try {
    const deployment = await platform.deployment();
    const client = await platform.clickhouse();
    const namesShownTo = config.protectedNames.shownTo;
    const servicesUser = config.clickhouse.kind === "server" ? config.clickhouse.username : "default";
    const roles = roleStatements(await readRelations(client), {
      teams: config.teams,
      namesShownTo,
      servicesUser,
      cluster: config.clickhouse.kind === "server" ? config.clickhouse.cluster : undefined,
    });
    if (options.rolesSql) return print(context, roles.map((statement) => `${statement};`).join("\n"));
    print(
      context,
      `Topics and tables are up to date: those of deployment ${deployment.deploymentId}, tables in ${placesInWords(deployment)}.`,
    );
    if (config.clickhouse.kind === "embedded") return; // it has no roles, but its one read-only user
    const { database, analyst } = config.clickhouse;
    const refusal = await applyRoles(client, roles);
    if (refusal === undefined) print(context, rolesText(database, analyst?.username));
    else
      say(
        context,
        `The roles of analysts, finance and teams were not made: the user ${config.clickhouse.username} may not (${refusal}). ` +
          "Let somebody who may run what `apportion migrate --roles-sql` prints.",
      );
  } finally {
    await platform.close();
  }
}

export function rolesText(database: string, analyst: string | undefined): string {
  const grant = analyst
    ? ` ${analyst} needs the first alone: GRANT ${database}_analyst TO ${analyst}; REVOKE SELECT ON ${database}.* FROM ${analyst}`
    : "";
  return `Roles are up to date: ${database}_analyst, ${database}_finance, and ${database}_team_… of each team.${grant}`;
}
