import { billOf, isEstimated, SIMULATED_ACCOUNT, storedIn, type BillLine } from "./platform/bill.js";
import { DAY_MS, dayOf, daysBetween, startOf, type SimulatedClock } from "./platform/clock.js";
import { tagOn, type PlatformRegistry } from "./platform/registry.js";
import { json, type HttpAnswer, type HttpQuestion } from "./http.js";
import type { Ledger, ServedLine } from "./ledger.js";

export const SIMULATED_CREDENTIALS = {
  accessKeyId: "AKIASIMULATED",
  secretAccessKey: "simulated-secret-access-key",
};

const DAYS_PER_PAGE = 20;
const PICOS_PER_BILL_UNIT = 100n;
const AWS_JSON = "application/x-amz-json-1.1";

/** Cost Explorer (AWS JSON 1.1) and S3 (REST, XML) behind one address. */
export function awsApi(seed: number, registry: PlatformRegistry, clock: SimulatedClock, ledger: Ledger) {
  return (question: HttpQuestion): HttpAnswer => {
    const isCostExplorer = String(question.headers["x-amz-target"] ?? "").startsWith(
      "AWSInsightsIndexService.",
    );
    const isKnown = (question.headers.authorization ?? "").includes(
      `Credential=${SIMULATED_CREDENTIALS.accessKeyId}/`,
    );
    if (question.headers["x-amz-target"] === "GraniteServiceVersion20100801.GetMetricData" && isKnown)
      return sizes(registry, question);
    if (isCostExplorer)
      return isKnown
        ? costExplorer(seed, registry, clock, ledger, question)
        : awsError("UnrecognizedClientException", "The security token included in the request is invalid.");
    if (!isKnown)
      return s3Error(
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
      );
    return s3(registry, dayOf(clock.asOfMs - 1), question);
  };
}

interface CostAndUsageRequest {
  readonly TimePeriod: { readonly Start: string; readonly End: string };
  readonly Granularity: string;
  readonly Metrics: readonly string[];
  readonly GroupBy?: readonly { readonly Type: string; readonly Key: string }[];
  readonly Filter?: Filter;
  readonly NextPageToken?: string;
}

interface Filter {
  readonly And?: readonly Filter[];
  readonly Not?: Filter;
  readonly Dimensions?: { readonly Key: string; readonly Values: readonly string[] };
}

function costExplorer(
  seed: number,
  registry: PlatformRegistry,
  clock: SimulatedClock,
  ledger: Ledger,
  { headers, body }: HttpQuestion,
): HttpAnswer {
  if (headers["x-amz-target"] !== "AWSInsightsIndexService.GetCostAndUsage")
    return awsError("UnknownOperationException", "The simulator knows GetCostAndUsage only.");
  const request = JSON.parse(body) as CostAndUsageRequest;
  if (request.Granularity !== "DAILY" || (request.GroupBy ?? []).length > 2)
    return awsError("ValidationException", "The simulator knows DAILY granularity and at most two groups.");
  const days = daysBetween(request.TimePeriod.Start, request.TimePeriod.End);
  const from = Number(request.NextPageToken ?? "0");
  const page = days.slice(from, from + DAYS_PER_PAGE);
  const next = from + DAYS_PER_PAGE;
  const results = page.map((day) => {
    const lines = billOf(seed, registry, day, clock).filter((line) => matches(line, request.Filter));
    if (request.Metrics.includes("NetAmortizedCost")) record(ledger, day, lines, request);
    return {
      TimePeriod: { Start: day, End: dayOf(startOf(day) + DAY_MS) },
      Total: {},
      Groups: groupsOf(lines, request),
      Estimated: isEstimated(day, clock.asOfMs),
    };
  });
  return json(
    {
      GroupDefinitions: request.GroupBy ?? [],
      ResultsByTime: results,
      DimensionValueAttributes: [],
      ...(next < days.length && { NextPageToken: String(next) }),
    },
    200,
    AWS_JSON,
  );
}

/** Each question is asked for some of the bill's dollars; the others in its answer belong to another question. */
function record(
  ledger: Ledger,
  day: string,
  lines: readonly BillLine[],
  { GroupBy = [] }: CostAndUsageRequest,
): void {
  const question = GroupBy.map(({ Type, Key }) => (Type === "TAG" ? "TAG" : Key)).join("+");
  const served = (source: string, of: readonly BillLine[], kind: ServedLine["kind"]): void =>
    ledger.record(
      source,
      lines[0]?.account ?? SIMULATED_ACCOUNT,
      day,
      of.map((line) => servedLine(line, kind)),
    );
  switch (question) {
    case "TAG+USAGE_TYPE":
      return served("s3", lines, "object-storage");
    case "SERVICE+USAGE_TYPE":
      served(
        "network",
        lines.filter(({ owner }) => owner === "network"),
        "network",
      );
      return served(
        "left-over",
        lines.filter(({ owner, service }) => owner === "other" && service === "EC2 - Other"),
        "bill",
      );
    case "SERVICE+RECORD_TYPE":
      return served("company", lines, "bill");
    case "TAG+SERVICE":
      return served("services", lines, "bill");
  }
}

function servedLine(line: BillLine, kind: ServedLine["kind"]): ServedLine {
  return {
    cluster: "",
    node: "",
    namespace: "",
    controller: "",
    kind,
    teamLabel: line.teamTag,
    picos: line.netAmortized * PICOS_PER_BILL_UNIT,
  };
}

function dimensionOf(line: BillLine, key: string): string {
  switch (key) {
    case "SERVICE":
      return line.service;
    case "USAGE_TYPE":
      return line.usageType;
    case "RECORD_TYPE":
      return line.recordType;
    case "LINKED_ACCOUNT":
      return line.account;
    default:
      return "";
  }
}

function matches(line: BillLine, filter: Filter | undefined): boolean {
  if (!filter) return true;
  const { Dimensions } = filter;
  if (Dimensions && !Dimensions.Values.includes(dimensionOf(line, Dimensions.Key))) return false;
  if (filter.Not && matches(line, filter.Not)) return false;
  return (filter.And ?? []).every((part) => matches(line, part));
}

function groupsOf(lines: readonly BillLine[], { GroupBy = [], Metrics }: CostAndUsageRequest): object[] {
  const groups = new Map<string, { keys: string[]; lines: BillLine[] }>();
  for (const line of lines) {
    const keys = GroupBy.map(({ Type, Key }) =>
      Type === "TAG" ? `${Key}$${line.teamTag}` : dimensionOf(line, Key),
    );
    const name = JSON.stringify(keys);
    const group = groups.get(name) ?? { keys, lines: [] };
    group.lines.push(line);
    groups.set(name, group);
  }
  return [...groups.values()].map((group) => ({
    Keys: group.keys,
    Metrics: Object.fromEntries(Metrics.map((metric) => [metric, metricOf(group.lines, metric)])),
  }));
}

function metricOf(lines: readonly BillLine[], metric: string): object {
  if (metric === "UsageQuantity")
    return { Amount: String(lines.reduce((sum, line) => sum + line.usageQuantity, 0)), Unit: "N/A" };
  const units = lines.reduce(
    (sum, line) => sum + (metric === "UnblendedCost" ? line.unblended : line.netAmortized),
    0n,
  );
  return { Amount: tenPlaces(units), Unit: "USD" };
}

/** `123456789012n` → `"12.3456789012"` */
function tenPlaces(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(11, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -10)}.${digits.slice(-10)}`;
}

function awsError(type: string, message: string): HttpAnswer {
  return json({ __type: type, message }, 400, AWS_JSON);
}

function s3(registry: PlatformRegistry, day: string, { method, url }: HttpQuestion): HttpAnswer {
  if (method !== "GET") return s3Error(405, "MethodNotAllowed", "The simulator is read only.");
  if (url.pathname === "/") return listBuckets(registry);
  const name = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, ""));
  const bucket = registry.buckets.find((each) => each.name === name);
  if (!bucket) return s3Error(404, "NoSuchBucket", "The specified bucket does not exist");
  if (!url.searchParams.has("tagging"))
    return s3Error(501, "NotImplemented", "The simulator knows bucket tags only.");
  const team = tagOn(bucket, day, registry.waste);
  if (team === undefined) return s3Error(404, "NoSuchTagSet", "The TagSet does not exist");
  const tag = `<Tag><Key>team</Key><Value>${escapeXml(team)}</Value></Tag>`;
  return xml(
    200,
    `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${tag}</TagSet></Tagging>`,
  );
}

function listBuckets(registry: PlatformRegistry): HttpAnswer {
  const buckets = registry.buckets.map(
    ({ name, region }) =>
      `<Bucket><Name>${escapeXml(name)}</Name><CreationDate>2024-03-01T00:00:00.000Z</CreationDate><BucketRegion>${region}</BucketRegion></Bucket>`,
  );
  return xml(
    200,
    `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>simulated</ID></Owner><Buckets>${buckets.join("")}</Buckets></ListAllMyBucketsResult>`,
  );
}

interface MetricDataRequest {
  readonly EndTime: number;
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat: {
      readonly Metric: {
        readonly MetricName: string;
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
    };
  }[];
}

/** CloudWatch (AWS JSON 1.0): what a bucket stores, a day late. */
function sizes(registry: PlatformRegistry, { body }: HttpQuestion): HttpAnswer {
  const { EndTime, MetricDataQueries } = JSON.parse(body) as MetricDataRequest;
  const results = MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
    const of = (name: string): string => Metric.Dimensions.find(({ Name }) => Name === name)?.Value ?? "";
    const stored = storedIn(registry.buckets.find(({ name }) => name === of("BucketName")));
    const value = { StandardStorage: stored?.bytes, AllStorageTypes: stored?.objects }[of("StorageType")];
    const told = value === undefined ? [] : [value];
    return { Id, StatusCode: "Complete", Timestamps: told.map(() => EndTime - DAY_MS / 1000), Values: told };
  });
  return json({ MetricDataResults: results, Messages: [] }, 200, "application/x-amz-json-1.0");
}

function s3Error(status: number, code: string, message: string): HttpAnswer {
  return xml(status, `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`);
}

function xml(status: number, body: string): HttpAnswer {
  return { status, contentType: "application/xml", body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
