import { apportionJsonSchema, neverCloses, readingsOf } from "../config.js";
import { configWarnings } from "../config-warnings.js";
import { counted, print, printJson, type CommandContext } from "./context.js";
import { configFileOf, loadCommandConfig, type CommonOptions } from "./load.js";

/** Says that the configuration is right and what it amounts to; a wrong one is an error that lists every mistake. */
export function configCheck(context: CommandContext, options: CommonOptions): void {
  const config = loadCommandConfig(context, options);
  const readings = readingsOf(config).map(({ dataset, source, scope }) => `${dataset}/${source}/${scope}`);
  const file = configFileOf(options);
  const warnings = configWarnings(config);
  const noClose = neverCloses(config);
  if (options.json)
    return printJson(context, {
      file,
      teams: config.teams.length,
      readings,
      warnings,
      ...(noClose && { noClose }),
    });
  print(
    context,
    `${file} is right: ${counted(config.teams.length, "team")}, ${counted(config.sharedServices.length, "shared service")}.`,
  );
  print(context, `Read every day: ${readings.join(", ") || "nothing; there is no collector section"}`);
  if (noClose) print(context, noClose);
  if (config.isWithoutBill)
    print(context, "There is no bill, as declared: costs are list prices, and statements say so.");
  if (!config.notifier) print(context, "There is no notifier section: nobody gets alerts or reports.");
  for (const warning of warnings) print(context, `Warning: ${warning}`);
}

export function configSchema(context: CommandContext): void {
  printJson(context, apportionJsonSchema(context.collectors));
}
