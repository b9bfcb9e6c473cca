import { networkClassOf, ownerOfLine, type NetworkClass } from "@apportion/aws/owner";
import type { BillDay, BillLine } from "@apportion/aws/parse";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { splitExactly } from "@apportion/domain/split";
import type { BytesByClass, NamespaceBytes } from "./bytes.js";

/** AWS counts network in GB of 10⁹ bytes: https://aws.amazon.com/ec2/pricing/on-demand/ */
const BYTES_PER_GB = 10n ** 9n;
const PICOS_PER_UNIT = 10n ** 12n;

/**
 * Attributes each network line of the bill to namespaces by their bytes in its class. At most the measured GB at the billed rate are
 * attributed; what the bytes do not explain stays visible without a namespace. Zero bytes, zero cost.
 */
export function attributeNetwork(bill: BillDay, bytes: BytesByClass, account: string): CostFactRow[] {
  return bill.lines.flatMap((line) => {
    const [service = "", usageType = ""] = line.keys;
    const networkClass = networkClassOf(usageType);
    if (networkClass === undefined || ownerOfLine(service, usageType, "Usage") !== "network") return [];
    return attributeLine(line, networkClass, bytes[networkClass], account);
  });
}

function attributeLine(
  line: BillLine,
  networkClass: NetworkClass,
  namespaces: readonly NamespaceBytes[],
  account: string,
): CostFactRow[] {
  const measured = namespaces.filter(({ bytes }) => bytes > 0n);
  const explained = explainedShare(line, measured);
  const weights = [...measured.map(({ bytes }) => bytes * explained.numerator), explained.rest];
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

/**
 * Weights such that the measured bytes get `measured GB ÷ billed GB` of the line, and no more than all of it. A line that is not
 * counted in GB (hours of a NAT gateway) has no quantity to compare with, and is explained as a whole.
 */
function explainedShare(
  line: BillLine,
  measured: readonly NamespaceBytes[],
): { readonly numerator: bigint; readonly rest: bigint } {
  const total = measured.reduce((sum, { bytes }) => sum + bytes, 0n);
  if (total === 0n) return { numerator: 0n, rest: 1n };
  const isCountedInGb = /Bytes/.test(line.keys[1] ?? "");
  const billedBytes = (parsePicos(line.usageQuantity) * BYTES_PER_GB) / PICOS_PER_UNIT;
  if (!isCountedInGb || billedBytes <= total) return { numerator: 1n, rest: 0n };
  return { numerator: 1n, rest: billedBytes - total };
}
