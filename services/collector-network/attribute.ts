import { networkClassOf, ownerOfLine, type NetworkClass } from "@apportion/aws/bill-lines";
import type { BillDay, BillLine } from "@apportion/aws/parse";
import { regionOf } from "@apportion/aws/region";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { splitExactly } from "@apportion/domain/split";
import type { BytesByClass, NamespaceBytes } from "./bytes.js";

/** AWS counts network in GB of 10⁹ bytes: https://aws.amazon.com/ec2/pricing/on-demand/ */
const BYTES_PER_GB = 10n ** 9n;
const PICOS_PER_UNIT = 10n ** 12n;

export interface NetworkLine {
  readonly line: BillLine;
  readonly networkClass: NetworkClass;
  readonly region: string;
}

/** The lines of a bill that belong to the network, each with its class and region. */
export function networkLinesOf(bill: BillDay): NetworkLine[] {
  return bill.lines.flatMap((line): NetworkLine[] => {
    const [service = "", usageType = ""] = line.keys;
    const networkClass = networkClassOf(usageType);
    if (networkClass === undefined || ownerOfLine(service, usageType, "Usage") !== "network") return [];
    return [{ line, networkClass, region: regionOf(usageType) }];
  });
}

/**
 * Attributes each network line of the bill to namespaces by their bytes in its class and region. At most the measured GB at the billed
 * rate are attributed, each byte once however many lines there are; what the bytes do not explain stays visible without a namespace.
 * Zero bytes, zero cost.
 */
export function attributeNetwork(bill: BillDay, bytes: BytesByClass, account: string): CostFactRow[] {
  const lines = networkLinesOf(bill);
  return lines.flatMap((one) => {
    const { networkClass, region } = one;
    const together = lines.filter((other) => other.networkClass === networkClass && other.region === region);
    const measured = bytes[networkClass].filter((each) => each.region === region && each.bytes > 0n);
    const weights = weightsOf(
      together.map(({ line }) => line),
      measured,
    );
    return attributeLine(one, measured, { effective: weights }, account);
  });
}

/** Where a part of a line goes; without names it is nobody's. */
interface Place {
  readonly cluster: string;
  readonly namespace: string;
}

/** What the places weigh and, last, nobody; each amount of the bill may have weights of its own. */
export interface Weights {
  readonly effective: readonly bigint[];
  readonly unblended?: readonly bigint[];
  readonly amortized?: readonly bigint[];
  readonly netAmortized?: readonly bigint[];
}

/** The rows of one line, each of its amounts split exactly. */
export function attributeLine(
  { line, networkClass }: NetworkLine,
  places: readonly Place[],
  weights: Weights,
  account: string,
): CostFactRow[] {
  const partsOf = (amount: string, own = weights.effective): bigint[] => parts(parsePicos(amount), own);
  const effective = partsOf(line.effectiveCost);
  const unblended = partsOf(line.unblendedCost, weights.unblended);
  const amortized = partsOf(line.amortizedCost, weights.amortized);
  const netAmortized = partsOf(line.netAmortizedCost, weights.netAmortized);
  const owners = [...places, { cluster: "", namespace: "" }];
  return owners
    .map(({ cluster, namespace }, index): CostFactRow => ({
      kind: "network",
      account,
      service: line.keys[0] ?? "",
      usage_type: line.keys[1] ?? "",
      record_type: "Usage",
      network_class: networkClass,
      cluster,
      namespace,
      effective_cost: formatPicos(effective[index] ?? 0n),
      billed_cost: formatPicos(unblended[index] ?? 0n),
      amortized_cost: formatPicos(amortized[index] ?? 0n),
      net_amortized_cost: formatPicos(netAmortized[index] ?? 0n),
    }))
    .filter((row) =>
      [row.effective_cost, row.billed_cost, row.amortized_cost, row.net_amortized_cost].some(
        (amount) => amount !== "0",
      ),
    );
}

/** All of a line to nobody where nothing weighs. */
function parts(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight > 0n)) return splitExactly(amount, weights);
  return weights.map((_, index) => (index === weights.length - 1 ? amount : 0n));
}

/** Hours of a NAT gateway are not: they have no quantity to compare with, and follow the gateway's bytes. */
function isCountedInGb({ keys: [, usageType = ""] }: BillLine): boolean {
  return /Bytes/.test(usageType);
}

/**
 * What was measured weighs as many bytes as it has, and nobody those that the lines of one class and region bill beyond them. So the bytes
 * are spent on the lines in proportion to what each bills, and a line's measured share is that of all of them. Lines that cost nothing,
 * such as incoming traffic, use none up. Where no bytes are billed (a gateway through which nothing went) what was measured went elsewhere.
 */
function weightsOf(lines: readonly BillLine[], measured: readonly NamespaceBytes[]): bigint[] {
  const billed = lines
    .filter((line) => isCountedInGb(line) && parsePicos(line.unblendedCost) !== 0n)
    .reduce((sum, line) => sum + (parsePicos(line.usageQuantity) * BYTES_PER_GB) / PICOS_PER_UNIT, 0n);
  const total = measured.reduce((sum, { bytes }) => sum + bytes, 0n);
  if (!lines.some(isCountedInGb)) return [...measured.map(() => 0n), 1n];
  return [...measured.map(({ bytes }) => bytes), billed > total ? billed - total : 0n];
}
