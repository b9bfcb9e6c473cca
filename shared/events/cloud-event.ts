import { z } from "zod";

/**
 * CloudEvents 1.0 in Kafka's binary mode (CloudEvents Kafka protocol binding, section 3.2): the attributes are message
 * headers prefixed `ce_`, the data is the message's value.
 */
export interface CloudEventAttributes {
  /** Deterministic: the same event published twice has the same id. */
  readonly id: string;
  /** URI reference of the producer, `/apportion/collector-kubecost`. */
  readonly source: string;
  readonly type: string;
  /** What the event is about, for people who read the log. */
  readonly subject: string;
  /** RFC 3339 */
  readonly time: string;
  readonly contentType: string;
  readonly contentEncoding?: "gzip";
  /** Extension attributes: lower-case letters and digits. */
  readonly extensions?: Readonly<Record<string, string>>;
}

export function toHeaders(event: CloudEventAttributes): Record<string, string> {
  return {
    ce_specversion: "1.0",
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_subject: event.subject,
    ce_time: event.time,
    "content-type": event.contentType,
    ...(event.contentEncoding && { "content-encoding": event.contentEncoding }),
    ...Object.fromEntries(
      Object.entries(event.extensions ?? {}).map(([name, value]) => [`ce_${name}`, value]),
    ),
  };
}

const attributeHeaders = z.looseObject({
  ce_specversion: z.literal("1.0"),
  ce_id: z.string().min(1),
  ce_source: z.string().min(1),
  ce_type: z.string().min(1),
  ce_subject: z.string(),
  ce_time: z.iso.datetime({ offset: true }),
  "content-type": z.string().min(1),
});

/** The event's type, or undefined when the headers are not those of a CloudEvent. */
export function eventTypeOf(headers: Readonly<Record<string, string>>): string | undefined {
  const parsed = attributeHeaders.safeParse(headers);
  return parsed.success ? parsed.data.ce_type : undefined;
}
