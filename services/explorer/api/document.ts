import { z } from "@hono/zod-openapi";
import { decimalOfCents } from "@apportion/domain/cents";
import type { Document } from "@apportion/reports/document/document";

/** What a report says, block by block, as mails and files say it: see shared/reports/document. */
export const documentSchema = z
  .object({
    title: z.string(),
    kicker: z.string(),
    heading: z.string(),
    currency: z.string(),
    blocks: z.array(z.looseObject({ kind: z.string() })),
    footer: z.array(z.string()),
  })
  .openapi("Document", { description: "A report in blocks; amounts are decimal strings in its currency" });

/** Amounts of cents become decimal strings; nothing else changes. */
export function documentJson(document: Document): z.input<typeof documentSchema> {
  const { title, kicker, heading, currency, blocks, footer } = document;
  return {
    title,
    kicker,
    heading,
    currency,
    footer: [...footer],
    blocks: plain(blocks) as { kind: string }[],
  };
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return decimalOfCents(value);
  if (Array.isArray(value)) return value.map((each) => (each === undefined ? null : plain(each)));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}
