import { MIXED_SERVICES, ownerOfLine } from "@apportion/aws/owner";
import { tagValue, type BillDay, type BillLine } from "@apportion/aws/parse";
import type { BillFactRow, CostFactRow } from "@apportion/domain/facts";

/** The three questions that make the whole bill of a day. */
export interface WholeBill {
  /** Use of something, by service and usage type. */
  readonly usage: BillDay;
  /** Everything else, by service and record type. */
  readonly others: BillDay;
  /** Use of services that no other collector has a part of, by team tag and service. */
  readonly tagged: BillDay;
}

const USAGE = "Usage";

/** Every line of the bill, with the collector that owns it. */
export function toBillFacts({ usage, others }: WholeBill): BillFactRow[] {
  return [
    ...usage.lines.map((line) => billFact(line, line.keys[1] ?? "", USAGE)),
    ...others.lines.map((line) => billFact(line, "", line.keys[1] ?? "")),
  ];
}

function billFact(line: BillLine, usageType: string, recordType: string): BillFactRow {
  const service = line.keys[0] ?? "";
  return {
    service,
    usage_type: usageType,
    record_type: recordType,
    owner: ownerOfLine(service, usageType, recordType),
    billed_cost: line.unblendedCost,
    amortized_cost: line.amortizedCost,
    effective_cost: line.effectiveCost,
    usage_quantity: line.usageQuantity,
  };
}

/**
 * The dollars that no other collector owns: services by team tag, what is left of the services that are shared out by usage
 * type, and credits, refunds, tax, support and fees as the company's.
 */
export function toOwnCosts(
  { usage, others, tagged }: WholeBill,
  account: string,
  teamTag: string,
): CostFactRow[] {
  const leftOver = usage.lines.filter(({ keys: [service = "", usageType = ""] }) => {
    const isMixed = MIXED_SERVICES.some((mixed) => mixed === service);
    return isMixed && ownerOfLine(service, usageType, USAGE) === "aws-bill";
  });
  return [
    ...tagged.lines.map((line) =>
      costFact(line, account, {
        service: line.keys[1] ?? "",
        record_type: USAGE,
        team_label: tagValue(line.keys[0] ?? "", teamTag),
      }),
    ),
    ...leftOver.map((line) =>
      costFact(line, account, {
        service: line.keys[0] ?? "",
        usage_type: line.keys[1] ?? "",
        record_type: USAGE,
      }),
    ),
    ...others.lines.map((line) =>
      costFact(line, account, {
        service: line.keys[0] ?? "",
        record_type: line.keys[1] ?? "",
      }),
    ),
  ];
}

function costFact(line: BillLine, account: string, identity: Partial<CostFactRow>): CostFactRow {
  return {
    ...identity,
    kind: "bill",
    account,
    effective_cost: line.effectiveCost,
    billed_cost: line.unblendedCost,
    amortized_cost: line.amortizedCost,
    net_amortized_cost: line.netAmortizedCost,
  };
}
