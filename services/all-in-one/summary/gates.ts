import pc from "picocolors";
import type { Gate } from "@apportion/books/ledger/gates";
import { gateText } from "@apportion/reports/close/gate-words";

/** A line for each gate of a close: whether it passed, and what was found. */
export function gateLines(gates: readonly Gate[]): string[] {
  return gates.map((gate) =>
    gateText(gate).replace(/^./u, (mark) => `  ${gate.passed ? pc.green(mark) : pc.red(mark)}`),
  );
}
