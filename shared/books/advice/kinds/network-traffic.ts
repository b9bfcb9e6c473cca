import { addDays, type Day } from "@apportion/domain/period";
import type { Finding } from "../finding.js";
import { type CostHistory, isSane, sumOf } from "../history.js";
import { kubectl } from "../paste.js";
import { subjectOf } from "../workload-subject.js";

/** Days with such traffic. */
const DAYS_MIN = 7;
/** On which it has to be as much still: a window keeps traffic for weeks that an endpoint has ended. */
const LATE_DAYS = 3;
/** Of what Kubernetes costs the namespace: less is not said. */
const PART_OF_COST = 20n;

interface Way {
  readonly kind: "inter-zone-traffic" | "nat-traffic";
  readonly what: string;
  readonly change: (history: CostHistory) => string;
  readonly because: string;
  readonly risk: string;
}

const WAYS: Readonly<Record<string, Way>> = {
  "inter-zone": {
    kind: "inter-zone-traffic",
    what: "traffic between zones",
    change: (history) =>
      `# Keeps traffic in its zone where endpoints are in it (Kubernetes 1.31; before: annotation service.kubernetes.io/topology-mode=Auto).\n${kubectl(history)} patch service NAME -p '{"spec":{"trafficDistribution":"PreferClose"}}'`,
    because: "which part of the traffic could stay in its zone is not measured: this is all of it, at most",
    risk: "Zones with few endpoints take all of their zone's load.",
  },
  nat: {
    kind: "nat-traffic",
    what: "traffic through NAT",
    change: () =>
      "# Free for S3 (and DynamoDB): the route tables of the private subnets of the cluster.\naws ec2 create-vpc-endpoint --vpc-id VPC --vpc-endpoint-type Gateway --service-name com.amazonaws.REGION.s3 --route-table-ids TABLES",
    because:
      "which part of the traffic goes to S3, a registry or another region is not measured: this is all of it, at most",
    risk: "Endpoints of other services cost by the hour and by bytes, about a quarter of NAT's price for bytes. NAT's hours stay.",
  },
};

/**
 * Traffic that an endpoint or topology-aware routing would save: dollars of the bill for traffic between zones, or through NAT, by the namespace whose bytes
 * explain them. Saving: their cost, as cash and at most, since neither the target of the bytes nor the zones of services are known.
 * Source: `effective_cost` of cells of kind `network`; https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/ and
 * https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html.
 * @param namespaceCost what Kubernetes cost the namespace on the same days, in picos: traffic of less than a twentieth of it is not said, nor what is less on the last three days
 * @param window the complete days, in order
 */
export function networkTraffic(
  history: CostHistory,
  namespaceCost: bigint,
  window: readonly Day[],
): Finding | undefined {
  const way = history.kind === "network" && history.namespace !== "" ? WAYS[history.networkClass] : undefined;
  const days = history.days.filter((day) => isSane(day) && day.cost > 0n);
  const [first] = days;
  const last = days.at(-1);
  if (!way || !first || !last || days.length < DAYS_MIN) return undefined;
  const cost = sumOf(days, "cost");
  const late = sumOf(
    days.filter(({ day }) => day > addDays(window.at(-1) ?? last.day, -LATE_DAYS)),
    "cost",
  );
  const isMuch = (traffic: bigint, count: number): boolean =>
    traffic * PART_OF_COST * BigInt(window.length) >= namespaceCost * BigInt(count);
  if (late === 0n || !isMuch(cost, window.length) || !isMuch(late, LATE_DAYS)) return undefined;
  return {
    kind: way.kind,
    subject: subjectOf(history),
    since: first.day,
    until: last.day,
    quantities: [{ what: way.what, picos: cost, unit: "currency" }],
    change: way.change(history),
    cash: cost,
    freed: 0n,
    confidence: "low",
    because: way.because,
    risk: way.risk,
  };
}
