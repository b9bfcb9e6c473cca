import { BILL_SOURCE, MIXED_SERVICES, ownerOfLine } from "@apportion/aws/bill-lines";
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

/** Whose bill it is, and who else charges a part of it. */
export interface BillAccount {
  readonly account: string;
  readonly teamTag: string;
  readonly partOwners: ReadonlySet<string>;
}

/** Every line of the bill, with the collector that charges it. */
export function toBillFacts({ usage, others }: WholeBill, { partOwners }: BillAccount): BillFactRow[] {
  return [
    ...usage.lines.map((line) => billFact(line, line.keys[1] ?? "", USAGE, partOwners)),
    ...others.lines.map((line) => billFact(line, "", line.keys[1] ?? "", partOwners)),
  ];
}

function billFact(
  line: BillLine,
  usageType: string,
  recordType: string,
  partOwners: ReadonlySet<string>,
): BillFactRow {
  const service = line.keys[0] ?? "";
  const owner = ownerOfLine(service, usageType, recordType);
  return {
    service,
    usage_type: usageType,
    record_type: recordType,
    owner: owner !== BILL_SOURCE && partOwners.has(owner) ? owner : BILL_SOURCE,
    billed_cost: line.unblendedCost,
    amortized_cost: line.amortizedCost,
    effective_cost: line.effectiveCost,
    usage_quantity: line.usageQuantity,
  };
}

/**
 * The dollars that no other collector charges: services by team tag, what is left of the services that are shared out by usage
 * type, lines whose collector is not there for the account, and credits, refunds, tax, support and fees as the company's.
 */
export function toOwnCosts(
  { usage, others, tagged }: WholeBill,
  { account, teamTag, partOwners }: BillAccount,
): CostFactRow[] {
  const ownerOf = ({ keys: [service = "", usageType = ""] }: BillLine): BillFactRow["owner"] =>
    ownerOfLine(service, usageType, USAGE);
  const leftOver = usage.lines.filter(
    (line) => MIXED_SERVICES.some((mixed) => mixed === line.keys[0]) && ownerOf(line) === BILL_SOURCE,
  );
  const unowned = usage.lines.filter((line) => {
    const owner = ownerOf(line);
    return owner !== BILL_SOURCE && !partOwners.has(owner);
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
    ...unowned.map((line) =>
      costFact(line, account, {
        kind: "unowned",
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
    kind: "bill",
    ...identity,
    account,
    effective_cost: line.effectiveCost,
    billed_cost: line.unblendedCost,
    amortized_cost: line.amortizedCost,
    net_amortized_cost: line.netAmortizedCost,
  };
}
