import { networkClassOf, ownerOfLine, type NetworkClass } from "@apportion/aws/owner";
import type { BillDay, BillLine } from "@apportion/aws/parse";
import { regionOf } from "@apportion/aws/region";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { splitExactly } from "@apportion/domain/split";
import type { BytesByClass, NamespaceBytes } from "./bytes.js";

/** AWS counts network in GB of 10⁹ bytes: https://aws.amazon.com/ec2/pricing/on-demand/ */
const BYTES_PER_GB = 10n ** 9n;
const PICOS_PER_UNIT = 10n ** 12n;

interface NetworkLine {
  readonly line: BillLine;
  readonly networkClass: NetworkClass;
  readonly region: string;
}

/**
 * Attributes each network line of the bill to namespaces by their bytes in its class and region. At most the measured GB at the billed
 * rate are attributed, each byte once however many lines there are; what the bytes do not explain stays visible without a namespace.
 * Zero bytes, zero cost.
 */
export function attributeNetwork(bill: BillDay, bytes: BytesByClass, account: string): CostFactRow[] {
  const lines = bill.lines.flatMap((line): NetworkLine[] => {
    const [service = "", usageType = ""] = line.keys;
    const networkClass = networkClassOf(usageType);
    if (networkClass === undefined || ownerOfLine(service, usageType, "Usage") !== "network") return [];
    return [{ line, networkClass, region: regionOf(usageType) }];
  });
  return lines.flatMap((one) => {
    const { line, networkClass, region } = one;
    const together = lines.filter((other) => other.networkClass === networkClass && other.region === region);
    const measured = bytes[networkClass].filter((each) => each.region === region && each.bytes > 0n);
    const unexplained = unexplainedBytes(
      together.map((other) => other.line),
      measured,
    );
    return attributeLine(one, measured, isCountedInGb(line) ? unexplained : 0n, account);
  });
}

function attributeLine(
  { line, networkClass }: NetworkLine,
  measured: readonly NamespaceBytes[],
  unexplained: bigint,
  account: string,
): CostFactRow[] {
  const weights = [...measured.map(({ bytes }) => bytes), unexplained];
  const amounts = (["effectiveCost", "unblendedCost", "amortizedCost", "netAmortizedCost"] as const).map(
    (name) => parts(parsePicos(line[name]), weights),
  );
  const [effective = [], unblended = [], amortized = [], netAmortized = []] = amounts;
  const owners = [...measured, { cluster: "", namespace: "" }];
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
    .filter((row) => row.effective_cost !== "0" || row.billed_cost !== "0");
}

/** All of a line to nobody where nothing weighs. */
function parts(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight > 0n)) return splitExactly(amount, weights);
  return weights.map((_, index) => (index === weights.length - 1 ? amount : 0n));
}

/** Hours of a NAT gateway are not: they have no quantity to compare with, and are explained as a whole. */
function isCountedInGb({ keys: [, usageType = ""] }: BillLine): boolean {
  return /Bytes/.test(usageType);
}

/**
 * What the lines of one class and region bill beyond the bytes that were measured. The bytes are spent on them in proportion to what each
 * bills, so that a line's measured share is that of all of them. Lines that cost nothing, such as incoming traffic, use none up.
 */
function unexplainedBytes(lines: readonly BillLine[], measured: readonly NamespaceBytes[]): bigint {
  const billed = lines
    .filter((line) => isCountedInGb(line) && parsePicos(line.unblendedCost) !== 0n)
    .reduce((sum, line) => sum + (parsePicos(line.usageQuantity) * BYTES_PER_GB) / PICOS_PER_UNIT, 0n);
  const total = measured.reduce((sum, { bytes }) => sum + bytes, 0n);
  return billed > total ? billed - total : 0n;
}
