import { createHash } from "node:crypto";
import type { Allocation } from "@apportion/allocation/line";
import { stripsOf } from "@apportion/allocation/strips";
import { formatPicos } from "@apportion/domain/money";
import { AFTER_TEAM, BEFORE_TEAM, type TextOf } from "./line-columns.js";

const UNIT = "\u001f";
/** Text that is hashed at once; that of a day may be hundreds of megabytes. */
const HASHED_CHARACTERS = 64 * 1024;

/** SHA-256 over the lines as they are written, in their order. */
export function hashOfLines(allocation: Allocation): string {
  const hash = createHash("sha256");
  let text = "";
  let line = 0;
  for (const { first, teamIds, quantities, amounts } of stripsOf(allocation)) {
    const textsOf = (columns: Record<string, TextOf>): string[] =>
      Object.values(columns).map((textOf) => textOf(first));
    const before = ["", ...textsOf(BEFORE_TEAM), ""].join(UNIT);
    const between = ["", ...textsOf(AFTER_TEAM), ""].join(UNIT);
    const after = UNIT + formatPicos(first.driverTotal) + UNIT;
    for (let index = 0; index < amounts.length; index += 1) {
      const share = formatPicos(quantities[index] ?? 0n) + after + formatPicos(amounts[index] ?? 0n);
      text += `${line === 0 ? "" : "\n"}${line}${before}${teamIds[index] ?? ""}${between}${share}`;
      line += 1;
      if (text.length < HASHED_CHARACTERS) continue;
      hash.update(text);
      text = "";
    }
  }
  return hash.update(text).digest("hex");
}
