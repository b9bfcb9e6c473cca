import pc from "picocolors";
import type { Gate } from "@apportion/books/ledger/gates";

/** A line for each gate of a close: whether it passed, and what was found. */
export function gateLines(gates: readonly Gate[]): string[] {
  return gates.map(
    ({ name, passed, says }) => `  ${passed ? pc.green("✓") : pc.red("✗")} ${name.padEnd(11)} ${says}`,
  );
}
