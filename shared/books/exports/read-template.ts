import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConfig } from "@apportion/runtime/config";
import { LedgerFileError, type LedgerTemplate, ledgerTemplate } from "./ledger-template.js";

/** Templates that come with the program. */
export const LEDGER_TARGETS = ["csv", "sap", "netsuite", "xero", "dynamics"] as const;

const TEMPLATE_BYTES_MAX = 1024 * 1024;

/**
 * A template that comes with the program, by its name, or one of the user's own, by its path.
 * @throws LedgerFileError when there is no such template, ConfigError with every mistake in it
 */
export function readLedgerTemplate(nameOrFile: string): LedgerTemplate {
  const isOwn = /\.ya?ml$/i.test(nameOrFile);
  if (!isOwn && !LEDGER_TARGETS.some((target) => target === nameOrFile))
    throw new LedgerFileError(
      `"${nameOrFile}" is none of ${LEDGER_TARGETS.join(", ")}, and no YAML file with a template of your own`,
    );
  const file = isOwn ? nameOrFile : join(templatesFolder(), `${nameOrFile}.yaml`);
  return parseConfig({ file, text: contentOf(file), env: {} }, ledgerTemplate);
}

function contentOf(file: string): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size > TEMPLATE_BYTES_MAX)
    throw new LedgerFileError(`The template ${file} has more than a megabyte`);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LedgerFileError(
      `The template ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    );
  }
}

/** The same folder from the sources as from the compiled files. */
function templatesFolder(): string {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    const candidate = join(folder, "exports", "templates");
    if (existsSync(join(candidate, "csv.yaml"))) return candidate;
  }
  throw new Error("The folder shared/books/exports/templates is missing beside the program");
}
