/**
 * The commands, each with its modules loaded when it is called: to load those of all of them takes longer than most need to answer.
 */

/** The function as it is, but for that it is loaded first. */
function onDemand<Arguments extends unknown[], Answer>(
  load: () => Promise<(...given: Arguments) => Answer | Promise<Answer>>,
): (...given: Arguments) => Promise<Answer> {
  return async (...given) => (await load())(...given);
}

export const adjustApprove = onDemand(async () => (await import("./adjust.js")).adjustApprove);
export const adjustDecide = onDemand(async () => (await import("./adjust-decide.js")).adjustDecide);
export const adjustList = onDemand(async () => (await import("./adjust.js")).adjustList);
export const adjustPropose = onDemand(async () => (await import("./adjust.js")).adjustPropose);
export const adjustShow = onDemand(async () => (await import("./adjust.js")).adjustShow);
export const adjustWithdraw = onDemand(async () => (await import("./adjust.js")).adjustWithdraw);
export const allocate = onDemand(async () => (await import("./allocate.js")).allocate);
export const anomaliesExpect = onDemand(async () => (await import("./anomalies.js")).anomaliesExpect);
export const anomaliesList = onDemand(async () => (await import("./anomalies.js")).anomaliesList);
export const anomaliesShow = onDemand(async () => (await import("./anomalies.js")).anomaliesShow);
export const clockOf = onDemand(async () => (await import("./clock.js")).clockOf);
export const close = onDemand(async () => (await import("./close.js")).close);
export const collect = onDemand(async () => (await import("./collect.js")).collect);
export const compare = onDemand(async () => (await import("./compare.js")).compare);
export const completeness = onDemand(async () => (await import("./completeness.js")).completeness);
export const configCheck = onDemand(async () => (await import("./config.js")).configCheck);
export const configSchema = onDemand(async () => (await import("./config.js")).configSchema);
export const deadLettersDecide = onDemand(async () => (await import("./dead-letters.js")).deadLettersDecide);
export const deadLettersList = onDemand(async () => (await import("./dead-letters.js")).deadLettersList);
export const deadLettersShow = onDemand(async () => (await import("./dead-letters.js")).deadLettersShow);
export const doctor = onDemand(async () => (await import("./doctor.js")).doctor);
export const explain = onDemand(async () => (await import("./explain.js")).explain);
export const explainOwner = onDemand(async () => (await import("./explain-owner.js")).explainOwner);
export const exportAccrual = onDemand(async () => (await import("./export-ledger.js")).exportAccrual);
export const exportFocus = onDemand(async () => (await import("./export.js")).exportFocus);
export const exportGeneralLedger = onDemand(
  async () => (await import("./export-ledger.js")).exportGeneralLedger,
);
export const exportHledger = onDemand(async () => (await import("./export-ledger.js")).exportHledger);
export const budgetsList = onDemand(async () => (await import("./budgets.js")).budgetsList);
export const budgetsImport = onDemand(async () => (await import("./budgets.js")).budgetsImport);
export const forecast = onDemand(async () => (await import("./forecast.js")).forecast);
export const mcp = onDemand(async () => (await import("./mcp.js")).mcp);
export const migrateCommand = onDemand(async () => (await import("./migrate.js")).migrateCommand);
export const notificationsList = onDemand(async () => (await import("./notifications.js")).notificationsList);
export const notificationsRetry = onDemand(
  async () => (await import("./notifications.js")).notificationsRetry,
);
export const notificationsShow = onDemand(async () => (await import("./notifications.js")).notificationsShow);
export const quarantineDecide = onDemand(async () => (await import("./quarantine.js")).quarantineDecide);
export const quarantineList = onDemand(async () => (await import("./quarantine.js")).quarantineList);
export const quarantineShow = onDemand(async () => (await import("./quarantine.js")).quarantineShow);
export const rebuild = onDemand(async () => (await import("./rebuild.js")).rebuild);
export const reconcileCommand = onDemand(async () => (await import("./reconcile.js")).reconcileCommand);
export const recommendationsDecide = onDemand(
  async () => (await import("./recommendations.js")).recommendationsDecide,
);
export const recommendationsList = onDemand(
  async () => (await import("./recommendations.js")).recommendationsList,
);
export const recommendationsShow = onDemand(
  async () => (await import("./recommendations.js")).recommendationsShow,
);
export const report = onDemand(async () => (await import("./report.js")).report);
export const compareMethodsCommand = onDemand(
  async () => (await import("./simulate.js")).compareMethodsCommand,
);
export const simulateCommand = onDemand(async () => (await import("./simulate.js")).simulateCommand);
export const sql = onDemand(async () => (await import("./sql.js")).sql);
export const up = onDemand(async () => (await import("./up.js")).up);
export const verify = onDemand(async () => (await import("./verify.js")).verify);
export const demo = onDemand(async () => (await import("../demo/demo.js")).demo);
