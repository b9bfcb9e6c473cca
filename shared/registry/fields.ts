import { z } from "zod";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";

/** What options of several sections look like. */

export const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and hyphens, at most 63")
  .describe("Name used in tables, mails and reports");

export const daySchema = z.iso.date("a day such as 2026-11-22").transform((text) => text as Day);

export const monthSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "a month such as 2026-11")
  .transform((text) => text as BillingPeriod);

export const amountSchema = z
  .string({ error: ({ input }) => (input === undefined ? undefined : amountInWords(input)) })
  .regex(/^\d{1,20}(\.\d{1,2})?$/, { error: ({ input }) => amountInWords(input) });

/** Why something is no amount. Numbers of YAML lose digits and places, so amounts are texts. */
function amountInWords(input: unknown): string {
  const text = typeof input === "string" || typeof input === "number" ? String(input) : "";
  if (/^-\s*[\d.]/.test(text)) return `may not be negative: ${text}`;
  if (/^\d{21}/.test(text)) return "an amount has at most 20 digits before the point";
  if (/^\d+\.\d{3,}$/.test(text)) return `an amount has at most two decimal places, not those of ${text}`;
  return 'an amount stands in quotes, with at most two decimal places and no separators, such as "1200.00"';
}

/** Names end in mails, tables and terminals, where a line break or a turned direction would let them seem to be something else. */
export const nameOf = (charactersMax: number) =>
  z.string().min(1).max(charactersMax).refine(isPrintable, PRINTABLE_NAME);

/** As finance's books name it. */
export const costCenterSchema = nameOf(50);

/**
 * Addresses, each once and in small letters: mail servers tell others apart in theory alone, and who is named in two spellings would have two mails where one
 * is meant.
 */
export const addressesSchema = z
  .array(z.email().toLowerCase())
  .overwrite((addresses) => [...new Set(addresses)]);
