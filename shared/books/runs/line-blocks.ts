import type { Allocation } from "@apportion/allocation/line";
import { type Strip, stripsOf } from "@apportion/allocation/strips";
import {
  DecimalColumn,
  type NativeBlock,
  nativeBlock,
  NumberColumn,
  TextColumn,
  TextsColumn,
} from "@apportion/clickhouse/native";
import { COMMON_TEXTS } from "./line-columns.js";
import type { RunKey } from "./run-key.js";

/** A run whose lines are to be written. */
export interface LinesOfRun {
  readonly key: RunKey;
  readonly allocation: Allocation;
}

/** Lines of runs of one attempt as blocks of `allocation_lines`: those of several runs may share one, and one run may have many. */
export function* lineBlocks(
  runs: Iterable<LinesOfRun>,
  attempt: string,
  linesMax: number,
): Generator<NativeBlock> {
  let block = new LineBlock(attempt, linesMax);
  for (const { key, allocation } of runs) {
    let line = 0;
    for (const strip of stripsOf(allocation))
      for (let from = 0; from < strip.amounts.length;) {
        const written = block.add(key, line, strip, from);
        line += written;
        from += written;
        if (!block.isFull()) continue;
        yield block.encoded();
        block = new LineBlock(attempt, linesMax);
      }
  }
  if (!block.isEmpty()) yield block.encoded();
}

class LineBlock {
  readonly #attempt: string;
  readonly #linesMax: number;
  #lines = 0;
  readonly #line: NumberColumn;
  readonly #texts: Readonly<Record<string, TextColumn>>;
  readonly #team: TextColumn;
  readonly #quantity: DecimalColumn;
  readonly #total: DecimalColumn;
  readonly #amount: DecimalColumn;
  readonly #meters: TextsColumn;
  readonly #percents: TextsColumn;

  constructor(attempt: string, linesMax: number) {
    this.#attempt = attempt;
    this.#linesMax = linesMax;
    const names = ["run_id", "charge_day", "billing_period", "attempt", ...Object.keys(COMMON_TEXTS)];
    this.#texts = Object.fromEntries(names.map((name) => [name, new TextColumn(linesMax)]));
    this.#line = new NumberColumn(linesMax);
    this.#team = new TextColumn(linesMax);
    this.#quantity = new DecimalColumn(linesMax);
    this.#total = new DecimalColumn(linesMax);
    this.#amount = new DecimalColumn(linesMax);
    this.#meters = new TextsColumn(linesMax);
    this.#percents = new TextsColumn(linesMax);
  }

  /**
   * Adds as many lines of a strip as there is room for.
   * @param line number in its run of the first of them
   * @returns how many
   */
  add({ runId, day, billingPeriod }: RunKey, line: number, strip: Strip, from: number): number {
    const { first, teamIds, quantities, amounts } = strip;
    const start = this.#lines;
    const end = Math.min(start + amounts.length - from, this.#linesMax);
    const ofRun = { run_id: runId, charge_day: day, billing_period: billingPeriod, attempt: this.#attempt };
    for (const [name, text] of Object.entries(ofRun)) this.#texts[name]?.fill(text, start, end);
    for (const [name, textOf] of Object.entries(COMMON_TEXTS))
      this.#texts[name]?.fill(textOf(first), start, end);
    this.#meters.fill(first.meters, start, end);
    this.#percents.fill(first.meterPercents, start, end);
    for (let row = start, at = from; row < end; row += 1, at += 1) {
      this.#line.set(row, line + row - start);
      this.#team.fill(teamIds[at] ?? "", row, row + 1);
      this.#quantity.set(row, quantities[at] ?? 0n);
      this.#total.set(row, first.driverTotal);
      this.#amount.set(row, amounts[at] ?? 0n);
    }
    this.#lines = end;
    return end - start;
  }

  isFull(): boolean {
    return this.#lines === this.#linesMax;
  }

  isEmpty(): boolean {
    return this.#lines === 0;
  }

  encoded(): NativeBlock {
    const columns = {
      ...this.#texts,
      line: this.#line,
      team_id: this.#team,
      meters: this.#meters,
      meter_percents: this.#percents,
      driver_quantity: this.#quantity,
      driver_total: this.#total,
      amount: this.#amount,
    };
    return nativeBlock(columns, this.#lines);
  }
}
