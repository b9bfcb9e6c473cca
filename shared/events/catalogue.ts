import { z } from "zod";
import { CATEGORIES } from "@apportion/domain/category";
import { DATASETS } from "@apportion/domain/facts";
import { JOURNAL_KINDS } from "@apportion/domain/journal-kind";
import { toHeaders } from "./cloud-event.js";
import type { Traceparent } from "./trace.js";

/** Topics by role. `partitions` bounds how far a service can be scaled out; a topic's keys say what keeps its order. */
export const TOPICS = {
  readings: {
    name: "apportion.readings.v1",
    partitions: 6,
    cleanup: "delete",
    key: "source/scope: chunks and the seal of a scope keep their order",
  },
  seals: {
    name: "apportion.seals.v1",
    partitions: 1,
    cleanup: "compact",
    key: "dataset/source/scope/charge period start: the last seal of each is a collector's memory; with /finality, whether it became final since; progress/ and a schedule: how far it is",
  },
  allocationRequests: {
    name: "apportion.allocation-requests.v1",
    partitions: 6,
    cleanup: "delete",
    key: "billing period: one allocator works on a month at a time",
  },
  allocations: {
    name: "apportion.allocations.v1",
    partitions: 6,
    cleanup: "delete",
    key: "billing period: notifier and ledger each work on a month in its order",
  },
  ledger: {
    name: "apportion.ledger.v1",
    partitions: 1,
    cleanup: "compact",
    key: "place in the ledger: the head of the chain, kept outside the database",
  },
  advice: {
    name: "apportion.advice.v1",
    partitions: 1,
    cleanup: "delete",
    key: "billing period: the notifier looks at a month once, however often the advisor did",
  },
  deployment: {
    name: "apportion.deployment.v1",
    partitions: 1,
    cleanup: "compact",
    key: "deployment: whose topics these are, and where its tables lie",
  },
  records: {
    name: "apportion.records.v1",
    partitions: 1,
    cleanup: "delete",
    keptForEver: true,
    key: "the table, or what was decided: what cannot be computed from readings again, in the order in which it came; kept for ever",
  },
  deadLetters: {
    name: "apportion.dead-letters.v1",
    partitions: 1,
    cleanup: "delete",
    key: "the key of the message that could not be processed; of a decision, the id of the dead letter",
  },
} as const;

const decimal = z.string().regex(/^-?\d{1,26}(\.\d{1,12})?$/, "a decimal number with at most 12 places");
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const day = z.iso.date();
const billingPeriod = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
const instant = z.iso.datetime();

export const datasetSchema = z.enum(DATASETS);

const readingKey = {
  dataset: datasetSchema.describe("Which table the rows belong to"),
  source: z.string().min(1).max(100).describe("Which collector's source, e.g. kubecost, s3, mlflow"),
  scope: z
    .string()
    .min(1)
    .max(200)
    .describe("Part of the source that is read as a whole: a cluster, an account, a meter"),
  chargePeriod: z
    .object({ start: instant, end: instant })
    .describe("Half-open [start, end) in UTC; FOCUS ChargePeriodStart and ChargePeriodEnd"),
};

export const snapshotSealed = z.object({
  snapshotId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe("Hash of the key, readAt and the content hash"),
  ...readingKey,
  readAt: instant.describe("When the source was read; of two snapshots of one key the later wins"),
  finality: z.enum(["final", "provisional"]).describe("Whether the source may still restate the period"),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe("ISO 4217; the deployment's one currency"),
  chunkCount: z.int().min(0).describe("Chunks of the snapshot"),
  rowCount: z.int().min(0).describe("Rows in all chunks"),
  amount: decimal.describe("Exact sum over all rows: effective cost, or quantity for usage"),
  contentHash: sha256Hex.describe("SHA-256 over the canonical rows in their order"),
});
export type SnapshotSealed = z.infer<typeof snapshotSealed>;

export const readingConfirmed = z.object({
  ...readingKey,
  snapshotId: snapshotSealed.shape.snapshotId.describe("Snapshot that the source said once more"),
  readAt: instant.describe("When the source said so"),
  finality: snapshotSealed.shape.finality,
  contentHash: snapshotSealed.shape.contentHash,
});
export type ReadingConfirmed = z.infer<typeof readingConfirmed>;

export const readingRefused = z.object({
  ...readingKey,
  readAt: instant,
  reason: z.string().max(2000).describe("What is wrong with the reading and how to mend it"),
});

export type ReadingRefused = z.infer<typeof readingRefused>;

export const collectionProgress = z.object({
  schedule: z.string().min(1).max(200).describe("Collector and what it reads: collector-bill: recent days"),
  beganAt: instant.describe("When the attempt began"),
  failures: z.int().min(0).describe("Attempts before it since the scheduled time that failed"),
  done: z
    .array(z.string().max(400))
    .max(10_000)
    .describe("dataset/source/scope of what needs no other attempt before the next scheduled time"),
});
export type CollectionProgress = z.infer<typeof collectionProgress>;

export const allocationRequested = z.object({
  billingPeriod,
  days: z.array(day).min(1).max(31).describe("Days to allocate"),
  reason: z.string().max(500).describe("Why, for the operator: which snapshot became visible, or who asked"),
});
export type AllocationRequested = z.infer<typeof allocationRequested>;

export const allocationSealed = z.object({
  billingPeriod,
  runs: z
    .array(z.object({ day, runId: z.string().regex(/^[0-9a-f]{32}$/) }))
    .min(1)
    .max(31)
    .describe("Runs that are now the current ones of their days"),
});
export type AllocationSealed = z.infer<typeof allocationSealed>;

/** Anomalies of which one event tells. */
export const ANOMALIES_TOLD_MAX = 200;

const adviceMade = z.object({
  billingPeriod: billingPeriod.describe("Month that was looked at"),
  forecasts: z.int().min(0).describe("Forecasts that say something else than those before them"),
  anomalies: z
    .array(
      z.object({
        id: z
          .string()
          .regex(/^[0-9a-f]{12}$/)
          .describe("As `apportion anomalies` names it"),
        teamId: z.string().min(1).max(200),
        category: z.enum(CATEGORIES),
        direction: z.enum(["above", "below", "within"]),
        day,
      }),
    )
    .max(ANOMALIES_TOLD_MAX)
    .describe(
      "Of the last days, without those that are marked as expected, the latest first; with more than one event holds, the others have the rest",
    ),
});

const journalPosted = z.object({
  seq: z.int().min(1).describe("Place in the ledger"),
  kind: z.enum(JOURNAL_KINDS),
  billingPeriod: billingPeriod.describe("In whose books it is posted"),
  correctsPeriod: z
    .union([z.literal(""), billingPeriod])
    .describe("Month that a correction, decision or adjustment is about; empty for a statement"),
  charged: decimal.describe("What it charges in all, in the deployment's currency"),
  previousHash: z.union([z.literal(""), sha256Hex]),
  hash: sha256Hex.describe("SHA-256 over the journal, its entries and the hash before it"),
});

export const deadLetterDecided = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .describe(
      "Dead letter, as `apportion dead-letters list` names it: a hash of group, topic, partition, offset, key and body",
    ),
  decision: z
    .enum(["republish", "drop"])
    .describe("Whether the message was published again to its topic, or never will be"),
  decidedBy: z.string().min(1).max(200).describe("Who decided"),
  reason: z.string().min(1).max(2000).describe("Why, for whoever reads it later"),
  decidedAt: instant,
});
export type DeadLetterDecided = z.infer<typeof deadLetterDecided>;

/** Names of one database that a deployment remembers; with one more the oldest is forgotten. */
export const DEPLOYMENT_PLACES_MAX = 10;

export const deploymentIdentified = z.object({
  deploymentId: z.uuid().describe("The deployment whose topics these are; its tables have the same"),
  logId: z
    .uuid()
    .describe("This event log, made with its first record: another one has other offsets, whatever it holds"),
  places: z
    .array(z.string().min(1).max(1000))
    .min(1)
    .max(DEPLOYMENT_PLACES_MAX)
    .describe(
      "Where its tables are known to be, by all names, newest first, without secrets: `clickhouse:8123/apportion`, or `embedded`",
    ),
  bound: z
    .boolean()
    .describe(
      "Whether tables have the id; until then it is what a collector, which cannot see them, proposed",
    ),
  at: instant.describe("When this was said"),
});
export type DeploymentIdentified = z.infer<typeof deploymentIdentified>;

export const rowsRecorded = z.object({
  table: z.string().min(1).max(100).describe("Table that has the rows"),
  token: z.string().min(1).max(2000).describe("Deduplication token of their insert"),
  part: z.int().min(0).describe("Number of this part of the rows, from 0"),
  parts: z.int().min(1).describe("Parts of the rows: one message holds only so much"),
  rows: z.array(z.record(z.string(), z.unknown())).min(1).describe("Rows, as they were inserted"),
});
export type RowsRecorded = z.infer<typeof rowsRecorded>;

const snapshotsDecided = z.object({
  decisions: z
    .array(
      z.object({
        snapshotId: snapshotSealed.shape.snapshotId,
        reason: z.string().max(4000).describe("Why it went into quarantine; empty when it became visible"),
      }),
    )
    .min(1)
    .describe("What intake made of sealed snapshots"),
});

/**
 * Types of chunks, and the format in which ClickHouse takes their rows. The log keeps chunks of each for ever; collectors write the last.
 * A program that does not know a type must not guess at its rows.
 */
export const CHUNK_FORMATS = {
  "apportion.snapshot.chunk.v1": "JSONEachRow",
  "apportion.snapshot.chunk.v2": "ArrowStream",
} as const;
export const SNAPSHOT_CHUNK = "apportion.snapshot.chunk.v2" satisfies keyof typeof CHUNK_FORMATS;
export type ChunkFormat = (typeof CHUNK_FORMATS)[keyof typeof CHUNK_FORMATS];

/** Undefined for whatever is no chunk, or one that only a newer program knows. */
export function chunkFormatOf(type: string | undefined): ChunkFormat | undefined {
  const formats: Readonly<Record<string, ChunkFormat>> = CHUNK_FORMATS;
  return type !== undefined && Object.hasOwn(formats, type) ? formats[type] : undefined;
}

interface EventDefinition {
  readonly type: string;
  readonly topic: string;
  readonly schema: z.ZodType;
  readonly meaning: string;
}

/** Events whose data is one JSON document. A chunk, whose data is rows, is described in `chunk.ts`. */
export const EVENTS = {
  snapshotSealed: {
    type: "apportion.snapshot.sealed.v1",
    topic: TOPICS.readings.name,
    schema: snapshotSealed,
    meaning:
      "All chunks of a snapshot are published. Intake makes it visible if what it stored equals this seal.",
  },
  readingConfirmed: {
    type: "apportion.reading.confirmed.v1",
    topic: TOPICS.readings.name,
    schema: readingConfirmed,
    meaning:
      "A source was read again and said the same. It moves no number and allocates nothing; the reading is younger, and perhaps final.",
  },
  readingRefused: {
    type: "apportion.reading.refused.v1",
    topic: TOPICS.readings.name,
    schema: readingRefused,
    meaning:
      "A source answered, but with something that must not be charged. The last good snapshot stays visible.",
  },
  collectionProgress: {
    type: "apportion.collection.progress.v1",
    topic: TOPICS.seals.name,
    schema: collectionProgress,
    meaning:
      "A scheduled collection begins, or has ended. A collector that was started again goes on from here; it moves no number.",
  },
  allocationRequested: {
    type: "apportion.allocation.requested.v1",
    topic: TOPICS.allocationRequests.name,
    schema: allocationRequested,
    meaning: "Inputs of these days changed, or an operator asks for them to be allocated.",
  },
  allocationSealed: {
    type: "apportion.allocation.sealed.v1",
    topic: TOPICS.allocations.name,
    schema: allocationSealed,
    meaning: "The allocation of these days is proved and visible.",
  },
  journalPosted: {
    type: "apportion.journal.posted.v1",
    topic: TOPICS.ledger.name,
    schema: journalPosted,
    meaning: "A month was closed or corrected. `verify` compares the ledger with what was said here.",
  },
  adviceMade: {
    type: "apportion.advice.made.v1",
    topic: TOPICS.advice.name,
    schema: adviceMade,
    meaning:
      "The advisor looked at the running month: its forecasts are on record, and these days were not as expected.",
  },
  deadLetterDecided: {
    type: "apportion.dead-letter.decided.v1",
    topic: TOPICS.deadLetters.name,
    schema: deadLetterDecided,
    meaning: "Somebody decided what becomes of a dead letter. Those that nobody decided on are open.",
  },
  deploymentIdentified: {
    type: "apportion.deployment.identified.v1",
    topic: TOPICS.deployment.name,
    schema: deploymentIdentified,
    meaning:
      "Whose event log this is. Of several with different `logId` the first in the topic holds, of those with the same the last; whoever finds another one last publishes what holds once more.",
  },
  rowsRecorded: {
    type: "apportion.rows.recorded.v1",
    topic: TOPICS.records.name,
    schema: rowsRecorded,
    meaning:
      "Rows that cannot be computed from readings: journals, decisions, rules, mails. Gzipped. `rebuild` puts back those that the tables lack.",
  },
  snapshotsDecided: {
    type: "apportion.snapshots.decided.v1",
    topic: TOPICS.records.name,
    schema: snapshotsDecided,
    meaning:
      "What intake decided depends on what it had seen before, so a replay takes it from here instead of deciding again.",
  },
} as const satisfies Record<string, EventDefinition>;

type EventName = keyof typeof EVENTS;
type EventData<N extends EventName> = z.infer<(typeof EVENTS)[N]["schema"]>;

export interface EncodedEvent {
  readonly topic: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Uint8Array;
}

/** Encodes an event for the log. `id` must be the same whenever the same thing is said again. */
export function encodeEvent<N extends EventName>(
  name: N,
  data: EventData<N>,
  attributes: {
    id: string;
    source: string;
    key: string;
    subject: string;
    time: Date;
    traceparent?: Traceparent;
  },
): EncodedEvent {
  const { type, topic, schema } = EVENTS[name];
  const value = Buffer.from(JSON.stringify(schema.parse(data)));
  const headers = toHeaders({
    id: attributes.id,
    source: attributes.source,
    type,
    subject: attributes.subject,
    time: attributes.time.toISOString(),
    contentType: "application/json",
    ...(attributes.traceparent && { extensions: { traceparent: attributes.traceparent } }),
  });
  return { topic, key: attributes.key, headers, value };
}

export type Decoded<T> =
  { readonly ok: true; readonly data: T } | { readonly ok: false; readonly reason: string };

/** Decodes the data of an event, or says what is wrong with it. */
export function decodeEvent<N extends EventName>(name: N, value: Uint8Array): Decoded<EventData<N>> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(value).toString("utf8"));
  } catch {
    return { ok: false, reason: `${EVENTS[name].type}: not JSON` }; // the library's words quote what stands there
  }
  const parsed = EVENTS[name].schema.safeParse(json);
  if (parsed.success) return { ok: true, data: parsed.data as EventData<N> };
  return { ok: false, reason: `${EVENTS[name].type}: ${whatIsWrong(parsed.error)}` };
}

/** What to do about what a newer program wrote. */
export const REPUBLISH = "upgrade this service, then `apportion dead-letters republish`";

/** What is wrong with the data of an event or with the headers of a chunk. Words that nobody here knows may be a newer program's. */
export function whatIsWrong(error: z.ZodError): string {
  const isUnknownWord = error.issues.some(({ code }) => code === "invalid_value");
  const hint = isUnknownWord ? `; if a newer program wrote it, ${REPUBLISH}` : "";
  return z.prettifyError(error) + hint;
}

/** Why a service cannot handle an event whose type it does not know: `service` with an article, e.g. "intake". */
export function unknownEvent(service: string, type: string | undefined): string {
  if (type === undefined)
    return `this is not an event that ${service} knows (not a CloudEvent); see docs/events.md`;
  const isOurs = /^apportion\.[a-z.-]{1,100}\.v\d{1,4}$/.test(type);
  const isKnown =
    chunkFormatOf(type) !== undefined || Object.values(EVENTS).some((event) => event.type === type);
  return isOurs && !isKnown
    ? `a newer program wrote this: ${service} knows no event of type ${type}; ${REPUBLISH}`
    : `this is not an event that ${service} knows (${type.slice(0, 200)}); see docs/events.md`;
}
