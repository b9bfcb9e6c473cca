import { Argument, Command, CommanderError } from "commander";
import { DEFAULT_DATA_FOLDER, say, UsageError, type CommandContext } from "./commands/context.js";
import type { ExplainOptions } from "./commands/explain.js";
import type { CommonOptions } from "./commands/load.js";
import {
  adjustApprove,
  adjustDecide,
  adjustList,
  adjustPropose,
  adjustShow,
  adjustWithdraw,
  allocate,
  anomaliesExpect,
  anomaliesList,
  anomaliesShow,
  budgetsImport,
  budgetsList,
  clockOf,
  close,
  collect,
  compare,
  compareMethodsCommand,
  completeness,
  configCheck,
  configSchema,
  deadLettersDecide,
  deadLettersList,
  deadLettersShow,
  demo,
  doctor,
  explain,
  explainOwner,
  exportAccrual,
  exportFocus,
  exportGeneralLedger,
  exportHledger,
  forecast,
  mcp,
  migrateCommand,
  notificationsList,
  notificationsRetry,
  notificationsShow,
  quarantineDecide,
  quarantineList,
  quarantineShow,
  rebuild,
  recommendationsDecide,
  recommendationsList,
  recommendationsShow,
  reconcileCommand,
  report,
  simulateCommand,
  sql,
  up,
  verify,
} from "./commands/on-demand.js";
import { VERSION } from "./commands/version.js";

/** Exit codes of every command. */
const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs a command line and gives its exit code; answers go to standard output, everything else to standard error. */
export async function runCli(argv: readonly string[], given: CommandContext): Promise<number> {
  let code = DONE;
  let clock = given.now;
  const beside: NonNullable<CommandContext["beside"]> = {};
  const context: CommandContext = { ...given, now: () => clock(), beside };
  const program = createProgram(context, (failed) => {
    if (failed) code = FAILED;
  });
  program.hook("preAction", async (_, command) => {
    clock = await clockOf(command.name(), command.opts<Partial<CommonOptions>>(), given.now);
  });
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    say(context, (error as Error).message);
    if (beside.running?.hasEnded())
      say(
        context,
        `Process ${beside.running.pid}, beside which this worked, has ended; run the command again.`,
      );
    // By its code: the module of ConfigError brings YAML and the schemas, which not every command needs.
    const isUsage = ["CONFIG", "USAGE"].includes(String((error as { code?: unknown }).code));
    if (!isUsage && context.env["APPORTION_DEBUG"]) say(context, String((error as Error).stack));
    return isUsage ? WRONG_USAGE : FAILED;
  }
}

function createProgram(context: CommandContext, done: (failed: boolean) => void): Command {
  const program = new Command("apportion")
    .version(VERSION, "--version")
    .description("Says what each team owes for the shared platform, to the cent and with proof")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });

  common(program.command("demo"))
    .description("the whole system against a simulated platform, mail into a local folder")
    .option("--once", "end when the months are charged, as it does without a terminal")
    .option("--stay", "stay up with its pages until Ctrl+C, as it does in a terminal")
    .option("--days-go-by", "stay up, and let a simulated day go by every 15 seconds")
    .option("--seed <number>", "another simulated platform, in a folder of its own (default: 1)")
    .option("--as-of <day>", "the simulated day on which a new demo begins (default: 2026-12-08)")
    .action((options) => demo(context, options));
  common(program.command("up"))
    .description("run as configured: everything in one process, or one service alone")
    .option(
      "--service <names>",
      "only these services, e.g. intake,allocator,ledger (needs Kafka and a ClickHouse server)",
    )
    .option("--health-port <port>", "where /livez and /readyz are answered, or off (default: as health.port)")
    .action(async (options) => done(!(await up(context, options))));
  common(range(program.command("collect")))
    .description(
      "read days from the sources, store and allocate them; exit code 1 when one could not be read or waits in quarantine",
    )
    .option("--source <name>", "only this source, e.g. kubecost, s3, network, mlflow")
    .option(
      "--again",
      "publish also what has not changed: after an upgrade took away the reason of a refusal",
    )
    .option("--resume", "leave out days whose reading is final already: goes on after an interruption")
    .action(async (options) => done(!(await collect(context, options))));
  common(program.command("allocate"))
    .description(
      "allocate days again; days whose inputs did not change keep their run; exit code 1 where a closed month's rules keep days from it",
    )
    .option("--from <day>", "first day, YYYY-MM-DD in UTC")
    .option("--to <day>", "day after the last, YYYY-MM-DD in UTC")
    .option("--compare-methods", "instead show a month by the direct, step-down and reciprocal methods")
    .option("--month <month>", "with --compare-methods: billing period, YYYY-MM")
    .action(async (options) => {
      if (options.compareMethods) await compareMethodsOf(context, options);
      else done(!(await allocate(context, options)));
    });
  common(program.command("report"))
    .description(
      "write a month's reports to files, with a manifest; of a closed month finance's ledger file and FOCUS too",
    )
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .option("--team <id>", "only this team")
    .option("--format <formats>", "of html, text, csv, pdf and xlsx, separated by commas", "html,text,csv")
    .option("--out <folder>", "where the files go", "reports")
    .option("--send", "send them by e-mail too, each once")
    .action((options) => report(context, options));
  common(program.command("completeness"))
    .description("which readings of a month are final, provisional, stale or missing")
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .action(async (options) => done(!(await completeness(context, options))));
  common(program.command("explain"))
    .description(
      "a team's statement, or a line of it down to facts, policy, snapshots and the event log; `explain owner`: by which rule of the configuration something has its owner",
    )
    .addArgument(new Argument("[owner]", "of what the options below name").choices(["owner"]))
    .option("--month <month>", "billing period, YYYY-MM")
    .option("--team <id>", "whose statement")
    .option("--line <number>", "this line, as the statement numbers it")
    .option(
      "--day <day>",
      "with --line: the facts of this day (default: the costliest); of an owner: on this day",
    )
    .option("--cluster <name>", "of an owner: Kubernetes cluster")
    .option("--namespace <name>", "of an owner: Kubernetes namespace")
    .option("--controller <name>", "of an owner: Deployment, StatefulSet, DaemonSet or Job")
    .option("--label <value>", "of an owner: value of the team label or tag")
    .option("--service <name>", "of an owner: service of the bill")
    .action((owner: string | undefined, options) =>
      owner === undefined ? explainOf(context, options) : explainOwner(context, options),
    );
  common(program.command("compare"))
    .description(
      "what a team, or everybody, owes in two months, and why it differs: price, usage, new and gone workloads, shared pools, ownership; writes nothing",
    )
    .requiredOption("--months <months...>", "two billing periods, the one before first: 2026-10 2026-11")
    .option("--team <id>", "whose; down to workloads. Also idle, corporate or unallocated")
    .action((options) => compare(context, options));
  common(program.command("forecast"))
    .description(
      "how a month ends for each team, with an interval that holds 80 % of months, and when it passes its budget",
    )
    .option("--month <month>", "billing period, YYYY-MM (default: the running one)")
    .option("--team <id>", "only this team")
    .action((options) => forecast(context, options));
  common(program.command("simulate"))
    .description(
      "what each team would have paid under the policies of a file, beside those in force; writes nothing",
    )
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .requiredOption(
      "--policy <file>",
      "YAML with `policies` and `betweenServices`, as in the section allocation or in it; they replace those in force of the pools that they name",
    )
    .option("--from <day>", "first day on which they hold, YYYY-MM-DD (default: the whole month)")
    .action((options) => simulateCommand(context, options));
  common(program.command("mcp"))
    .description(
      "answer an assistant on standard input and output (Model Context Protocol): costs, what changed, why, forecasts, the books; reads only",
    )
    .action((options) => mcp(context, options));
  addExports(program, context);
  common(program.command("reconcile"))
    .description("what was attributed against what was billed, and what the difference is")
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .option("--days", "each day of each service that differs, too")
    .action(async (options) => done(!(await reconcileCommand(context, options))));
  common(program.command("close"))
    .description("post a month's statements to the ledger and freeze its runs, if every gate passes")
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .option("--check", "look at the gates only")
    .option("--prepared-by <name>", "who prepared the close")
    .option("--approved-by <name>", "who approved it; somebody else")
    .option(
      "--override-reason <text>",
      "close although less of the bill is attributed than is promised; kept on record",
    )
    .action(async (options) => done(!(await close(context, options))));
  addAdjustments(program, context);
  common(program.command("verify"))
    .description("compute a month again from its facts and follow the chain of the ledger")
    .requiredOption("--month <month>", "billing period, YYYY-MM")
    .option("--head <hash>", "a journal's hash that was kept outside the database: it must be in the chain")
    .action(async (options) => done(!(await verify(context, options))));
  const quarantine = program.command("quarantine").description("readings that must not be charged unseen");
  common(quarantine.command("list"))
    .description("those that wait for a decision")
    .option("--all", "those that were decided on too")
    .action((options) => quarantineList(context, options));
  common(quarantine.command("show"))
    .description("all that is known of one")
    .argument("<id>", "as `quarantine list` prints it")
    .action((id: string, options) => quarantineShow(context, id, options));
  for (const decision of ["release", "drop"] as const)
    common(quarantine.command(decision))
      .description(
        decision === "release" ? "make it visible as it was read" : "say that it will never be charged",
      )
      .argument("<id>", "as `quarantine list` prints it")
      .requiredOption("--prepared-by <name>", "who prepared the decision")
      .requiredOption("--approved-by <name>", "who approved it; somebody else")
      .requiredOption("--reason <text>", "why; kept on record")
      .action((id: string, { preparedBy, approvedBy, reason, ...options }) =>
        quarantineDecide(context, { id, decision, preparedBy, approvedBy, reason }, options),
      );
  addRecommendations(program, context);
  addAnomalies(program, context);
  addBudgets(program, context);
  addDeadLetters(program, context, done);
  addNotifications(program, context, done);
  common(program.command("sql"))
    .description('a read-only query, e.g. "SELECT * FROM team_monthly_costs"')
    .argument("<query>", "SQL in ClickHouse's dialect")
    .option("--format <name>", "any ClickHouse output format", "PrettyCompact")
    .action((query: string, options) => sql(context, query, options));
  const config = program.command("config").description("the configuration file");
  common(config.command("check"))
    .description("check it; every mistake is reported with its line")
    .action((options) => configCheck(context, options));
  config
    .command("schema")
    .description("its JSON Schema, for editors")
    .action(() => configSchema(context));
  common(program.command("doctor"))
    .description("reach for every dependency and say what does not answer")
    .action(async (options) => done(!(await doctor(context, options))));
  common(program.command("rebuild"))
    .description("bring back from the event log what the tables lack, as after a restore from a backup")
    .action(async (options) => done(!(await rebuild(context, options))));
  common(program.command("migrate"))
    .description("create the topics and bring the tables up to date")
    .option(
      "--replace-database",
      "let a new, empty database take the place of the one that the event log knows",
    )
    .option(
      "--roles-sql",
      "print what makes the roles of analysts, finance and teams on a ClickHouse server, for who may make roles",
    )
    .action((options) => migrateCommand(context, options));
  return program;
}

function addExports(program: Command, context: CommandContext): void {
  const exports = program.command("export").description("files for other systems");
  const month = (command: Command): Command =>
    common(command)
      .requiredOption("--month <month>", "billing period, YYYY-MM")
      .requiredOption("--out <file>", "where it goes");
  month(exports.command("focus"))
    .description("FOCUS, the open specification of cost and usage data")
    .option("--focus-version <version>", "1.2 or 1.4", "1.4")
    .option("--dataset <name>", "cost-and-usage, billing-period or invoice-detail", "cost-and-usage")
    .option("--format <name>", "csv or parquet (default: as the file is named, else csv)")
    .option(
      "--issuer <name>",
      "who invoices the teams (default: allocation.invoiceIssuer); without one nothing is billed, and BilledCost is 0",
    )
    .action((options) => exportFocus(context, options));
  const ledger = (command: Command): Command =>
    month(command)
      .option(
        "--format <template>",
        "csv, sap, netsuite, xero, dynamics, or a YAML file of your own (default: chartOfAccounts.template)",
      )
      .option("--summary", "one line for each account and cost center, instead of every entry");
  ledger(exports.command("gl"))
    .description("what was posted into a month, for the books of finance: allocation.chartOfAccounts")
    .action((options) => exportGeneralLedger(context, options));
  ledger(exports.command("accrual"))
    .description(
      "what a month that is not closed comes to so far, at its end, and its reversal the day after",
    )
    .action((options) => exportAccrual(context, options));
  common(exports.command("hledger"))
    .description("what was posted as a journal of hledger, balances asserted")
    .option("--month <month>", "only what was posted into it, YYYY-MM")
    .requiredOption("--out <file>", "where it goes")
    .action((options) => exportHledger(context, options));
}

function addDeadLetters(program: Command, context: CommandContext, done: (failed: boolean) => void): void {
  const deadLetters = program.command("dead-letters").description("messages that no service could handle");
  common(deadLetters.command("list"))
    .description("those that wait for a decision")
    .option("--all", "those that were decided on, and those of readings in quarantine, too")
    .action((options) => deadLettersList(context, options));
  common(deadLetters.command("show"))
    .description("all that is known of one, with its headers and the beginning of its body")
    .argument("<id>", "as `dead-letters list` prints it")
    .action((id: string, options) => deadLettersShow(context, id, options));
  for (const decision of ["republish", "drop"] as const) {
    const command = common(deadLetters.command(decision))
      .description(
        decision === "republish"
          ? "publish the messages again to their topics, as they were"
          : "say that they never will be published again",
      )
      .argument("[ids...]", "as `dead-letters list` prints them")
      .requiredOption("--by <name>", "who decides")
      .requiredOption("--reason <text>", "why; kept on record")
      .action(async (ids: string[], options) =>
        done(!(await deadLettersDecide(context, decision, ids, options))),
      );
    if (decision === "republish") command.option("--all", "all that are open");
  }
}

function addNotifications(program: Command, context: CommandContext, done: (failed: boolean) => void): void {
  const notifications = program
    .command("notifications")
    .description("what was said to people, by mail and in channels, and what became of it");
  common(notifications.command("list"))
    .description("the messages of a month: to whom, when, and what did not arrive")
    .option("--month <month>", "billing period that they are about, YYYY-MM (default: all)")
    .option("--team <id>", "only those of this team")
    .option("--kind <name>", "only these, e.g. budget-alert, team-report, not-closed, undeliverable")
    .option("--failed", "only what did not reach everybody: put off, given up, refused or held back")
    .action((options) => notificationsList(context, options));
  common(notifications.command("show"))
    .description("all that is known of one, with its text where that is kept")
    .argument("<key>", "as `notifications list` prints it")
    .action((key: string, options) => notificationsShow(context, key, options));
  common(notifications.command("retry"))
    .description(
      "send what was refused, given up or held back again, once, to whom it did not reach; exit code 1 when it did not arrive",
    )
    .argument("<key>", "as `notifications list` prints it")
    .requiredOption("--by <name>", "who wants it sent; kept on record")
    .action(async (key: string, options) => done(!(await notificationsRetry(context, key, options))));
}

function common(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "configuration (default: apportion.yaml here, else the one in the data folder)",
    )
    .option("--data <folder>", "data of the embedded log and ClickHouse", DEFAULT_DATA_FOLDER)
    .option("--json", "print the answer as JSON");
}

function compareMethodsOf(
  context: CommandContext,
  { month, ...options }: Parameters<typeof allocate>[1] & { readonly month?: string },
): Promise<void> {
  if (month === undefined) throw new UsageError("--compare-methods needs --month");
  return compareMethodsCommand(context, { ...options, month });
}

function explainOf(
  context: CommandContext,
  { month, team, ...options }: CommonOptions & Partial<Pick<ExplainOptions, "month" | "team">>,
): Promise<void> {
  if (month === undefined || team === undefined)
    throw new UsageError("explain needs --month and --team; or `explain owner` and what is owned");
  return explain(context, { ...options, month, team });
}

function range(command: Command): Command {
  return command
    .requiredOption("--from <day>", "first day, YYYY-MM-DD in UTC")
    .requiredOption("--to <day>", "day after the last, YYYY-MM-DD in UTC");
}

function addRecommendations(program: Command, context: CommandContext): void {
  const recommendations = program
    .command("recommendations")
    .description("what would save how much, by the last complete days");
  common(recommendations.command("list"))
    .description("all of them, the largest saving first")
    .option("--team <id>", "only those of this team")
    .option("--all", "those that were dismissed or are done too")
    .action((options) => recommendationsList(context, options));
  common(recommendations.command("show"))
    .description("one with its evidence, and what to change as text that can be pasted")
    .argument("<id>", "as `recommendations list` prints it")
    .action((id: string, options) => recommendationsShow(context, id, options));
  common(recommendations.command("accept"))
    .description("say that somebody does it; what it saves is measured from then on")
    .argument("<id>", "as `recommendations list` prints it")
    .requiredOption("--by <name>", "who accepts it")
    .option("--reason <text>", "what is done; kept on record")
    .action((id: string, options) => recommendationsDecide(context, id, "accepted", options));
  common(recommendations.command("dismiss"))
    .description("say that it is not to be done, for good or until a day")
    .argument("<id>", "as `recommendations list` prints it")
    .requiredOption("--by <name>", "who dismisses it")
    .requiredOption("--reason <text>", "why; kept on record")
    .option("--until <day>", "from when it is said again, YYYY-MM-DD in UTC")
    .action((id: string, options) => recommendationsDecide(context, id, "dismissed", options));
}

function addAdjustments(program: Command, context: CommandContext): void {
  const adjust = program
    .command("adjust")
    .description(
      "move an amount between teams, pools and months, or decide a closed month again, by two people; it is posted into the open month",
    );
  common(adjust.command("propose"))
    .description("a draft, with what it would come to; nothing is posted until somebody else approves it")
    .requiredOption("--from <who>", "who pays less: team:ID, idle, corporate or unallocated")
    .requiredOption("--to <who>", "who pays more, likewise")
    .requiredOption("--amount <amount>", "in the deployment's currency, such as 120.50")
    .requiredOption("--month <month>", "whose cost it is about, YYYY-MM: a closed month or the open one")
    .option("--to-month <month>", "month in which it becomes more, where that is another")
    .requiredOption("--reason <text>", "why; it stands on statements and in the ledger")
    .requiredOption("--prepared-by <name>", "who prepares it")
    .action((options) => adjustPropose(context, options));
  common(adjust.command("decide"))
    .description(
      "a draft of what a closed month comes to under the owners and policies of today; nothing is posted until somebody else approves it",
    )
    .requiredOption("--month <month>", "closed billing period, YYYY-MM")
    .option("--check", "show who would pay more or less only")
    .option("--prepared-by <name>", "who prepares it")
    .option("--reason <text>", "why; it stands in the ledger, and all teams that it concerns read it")
    .action((options) => adjustDecide(context, options));
  common(adjust.command("list"))
    .description("all that were proposed, and what became of each")
    .action((options) => adjustList(context, options));
  const one = (command: Command): Command => common(command).argument("<id>", "as `adjust list` prints it");
  one(adjust.command("show"))
    .description("one; while it waits, with what it would come to")
    .action((id: string, options) => adjustShow(context, id, options));
  one(adjust.command("approve"))
    .description("post it into the open month")
    .requiredOption("--approved-by <name>", "who approves it; somebody else than who prepared it")
    .action((id: string, options) => adjustApprove(context, id, options));
  one(adjust.command("withdraw"))
    .description("take a draft back")
    .requiredOption("--by <name>", "who takes it back")
    .action((id: string, options) => adjustWithdraw(context, id, options));
}

function addBudgets(program: Command, context: CommandContext): void {
  const budgets = program
    .command("budgets")
    .description("what teams, cost centers and departments may spend, and have spent of it");
  common(budgets.command("list"))
    .description(
      "every budget of the spans in which a month lies, with its increases and what is spent; writes nothing",
    )
    .option("--month <month>", "billing period, YYYY-MM (default: the running one)")
    .action((options) => budgetsList(context, options));
  common(budgets.command("import"))
    .description(
      "check a CSV file with budgets, every mistake with its line, and put it in the place of budgetsFile",
    )
    .argument("<file>", "CSV; the columns are in docs/operators.md")
    .option("--check", "only check it")
    .action((file: string, options) => budgetsImport(context, file, options));
}

function addAnomalies(program: Command, context: CommandContext): void {
  const anomalies = program
    .command("anomalies")
    .description("days on which a team cost in a category what nobody expected, and what did it");
  common(anomalies.command("list"))
    .description("those of a month's settled days, in their order; then those that were expected")
    .option("--month <month>", "billing period, YYYY-MM (default: the running one)")
    .option("--team <id>", "only this team")
    .action((options) => anomaliesList(context, options));
  const one = (command: Command): Command =>
    common(command)
      .argument("<id>", "as `anomalies list` prints it")
      .option("--month <month>", "of which it is (default: the running one or the last)");
  one(anomalies.command("show"))
    .description("one with what did it, down to workloads")
    .action((id: string, options) => anomaliesShow(context, id, options));
  one(anomalies.command("expected"))
    .description("say that it was to be expected; it is not said again")
    .requiredOption("--by <name>", "who expected it")
    .requiredOption("--reason <text>", "why; kept on record")
    .option("--until <day>", "the like is expected too, up to the day before this one, YYYY-MM-DD in UTC")
    .action((id: string, options) => anomaliesExpect(context, id, options));
}
