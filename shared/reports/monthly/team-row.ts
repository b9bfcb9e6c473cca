import type { Statement } from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";
import type { ComparedAmounts } from "./comparison.js";

/** A team as finance's tables have it. */
export interface TeamRow {
  readonly team: Team;
  readonly statement: Statement;
  /** Of the statement, what is not settled yet: budgets are measured without it, here as in alerts. Nothing once a month is posted. */
  readonly unsettledCents: bigint;
  readonly budgetCents: bigint | undefined;
  /** With the month before; undefined where there is nothing to compare with. */
  readonly compared: ComparedAmounts | undefined;
}
