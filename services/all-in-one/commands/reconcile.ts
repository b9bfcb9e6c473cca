import pc from "picocolors";
import { reconcile, type Reconciliation } from "@apportion/books/reconcile/reconcile";
import { residualText } from "@apportion/books/reconcile/residuals";
import { centsThatFoot, decimalOfCents } from "@apportion/domain/cents";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { parseBillingPeriod } from "@apportion/domain/period";
import { formatAmount } from "@apportion/reports/format";
import { printedBill, type PrintedRow } from "@apportion/reports/reconciliation/printed-bill";
import { bar, type CommandContext, parseFlag, print, printJson } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface ReconcileOptions extends CommonOptions {
  readonly month: string;
  /** Prints the days that differ; JSON has all days always. */
  readonly days?: boolean;
}

/** Attributed against billed; true when at least what is promised of the bill is attributed, at prices that are near the bill's. */
export async function reconcileCommand(context: CommandContext, options: ReconcileOptions): Promise<boolean> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  return withPlatform(context, options, async (platform, config) => {
    const result = await reconcile(await platform.clickhouse(), month);
    const { accuracyPercentMin, rateVariancePercentMax } = config.allocation.close;
    const promised = { accuracyPercentMin, rateVariancePercentMax };
    if (!result.hasBill && config.isWithoutBill && !options.json) {
      print(
        context,
        `${month}: there is no bill, as declared: costs are list prices, and nothing is compared.`,
      );
      return true;
    }
    if (options.json) printJson(context, { ...result, ...promised, currency: platform.currency });
    else
      for (const text of render(result, promised, platform.currency, options.days === true))
        print(context, text);
    return result.hasBill ? isAsPromised(result, promised) : config.isWithoutBill;
  });
}

interface Promised {
  readonly accuracyPercentMin: string;
  readonly rateVariancePercentMax: string;
}

export function isAsPromised(
  { accuracyPercent, kubernetes }: Pick<Reconciliation, "accuracyPercent" | "kubernetes">,
  { accuracyPercentMin, rateVariancePercentMax }: Promised,
): boolean {
  const { rateVariancePercent } = kubernetes;
  return (
    Number(accuracyPercent) >= Number(accuracyPercentMin) &&
    rateVariancePercent !== null &&
    Number(rateVariancePercent) <= Number(rateVariancePercentMax)
  );
}

const BAR_WIDTH = 24;
/** A name and three amounts stay within 100 columns. */
const NAME_WIDTH = 46;
const AMOUNT_WIDTH = 17;

export function render(
  result: Reconciliation,
  promised: Promised,
  currency: string,
  withDays: boolean,
): string[] {
  if (!result.hasBill)
    return [`${result.month}: there is no bill of the month, so there is nothing to compare with.`];
  const { accuracyPercent } = result;
  return [
    pc.bold(
      `${result.month}: ${accuracyPercent} % of the bill is attributed (${promised.accuracyPercentMin} % is promised)`,
    ),
    `  ${bar(Number(accuracyPercent) / 100, BAR_WIDTH)}  ${pc.dim(`amounts in ${currency}`)}`,
    "",
    ...billLines(result),
    ...invoiceLines(result),
    ...kubernetesLines(result, promised.rateVariancePercentMax),
    ...(result.isClosed && result.corrected !== "0"
      ? [line("Corrections posted since the close", result.corrected), ""]
      : []),
    ...residualLines(result),
    ...(withDays ? ["", ...dayLines(result)] : []),
  ];
}

/** Amounts without their currency, which is printed once; an empty one leaves its column empty. */
function line(name: string, ...amounts: readonly string[]): string {
  const texts = amounts.map((amount) =>
    (amount === "" ? "" : formatAmount(amount, "").trim()).padStart(AMOUNT_WIDTH),
  );
  return `  ${name.slice(0, NAME_WIDTH - 1).padEnd(NAME_WIDTH)}${texts.join("")}`;
}

function header(name: string, ...titles: readonly string[]): string {
  return pc.dim(
    `  ${name.padEnd(NAME_WIDTH)}${titles.map((title) => title.padStart(AMOUNT_WIDTH)).join("")}`,
  );
}

function billLines(result: Reconciliation): string[] {
  const { rows, withoutRule } = printedBill(result);
  const nameOf = namesOf(result);
  const sum = (name: string, of: readonly PrintedRow[], beside = 0n): string => {
    const total = (column: "billed" | "attributed" | "missed"): bigint =>
      of.reduce((cents, row) => cents + row[column], 0n);
    return line(
      name,
      decimalOfCents(total("billed")),
      decimalOfCents(total("attributed")),
      decimalOfCents(total("missed") + beside),
    );
  };
  return [
    header("by category and service", "billed", "attributed", "missed"),
    ...result.categories.flatMap(({ category }) => {
      const own = rows.filter(({ row }) => row.category === category);
      return [sum(category, own), ...own.map((each) => sum(`  ${nameOf(each.row)}`, [each]))];
    }),
    ...(withoutRule === 0n
      ? []
      : [line("no owner, or split by a fallback", "", "", decimalOfCents(withoutRule))]),
    sum("in all", rows, withoutRule),
    "",
  ];
}

/** The account is named where there are several. */
function namesOf({
  rows,
}: Reconciliation): (row: Reconciliation["days"][number] | Reconciliation["rows"][number]) => string {
  const accounts = new Set(rows.map(({ account }) => account).filter(Boolean));
  return ({ service, recordType, account }) => {
    const kind = recordType === "Usage" ? "" : recordType;
    return [...new Set([accounts.size > 1 ? account : "", kind, service])].filter(Boolean).join(", ");
  };
}

function invoiceLines({ invoice }: Reconciliation): string[] {
  const way = [invoice.invoice, negated(invoice.purchases), invoice.amortisation, invoice.discounts].map(
    parsePicos,
  );
  const [start = 0n, purchases = 0n, amortisation = 0n, discounts = 0n] = centsThatFoot(way);
  const bill = start + purchases + amortisation + discounts;
  return [
    header("From the invoice to the net amortised bill", "amount"),
    line("  invoice (unblended)", decimalOfCents(start)),
    line("  − purchases of commitments", decimalOfCents(-purchases)),
    line("  + amortisation of them", decimalOfCents(amortisation)),
    ...(invoice.discounts === "0" ? [] : [line("  + discounts", decimalOfCents(discounts))]),
    line("  = bill, net amortised", decimalOfCents(bill)),
    line("    of it unused commitment", invoice.unusedCommitment),
    "",
  ];
}

function negated(amount: string): string {
  return formatPicos(-parsePicos(amount));
}

const PART_NAMES = {
  machines: "machines (EC2)",
  volumes: "volumes (EBS)",
  loadBalancers: "load balancers (ELB)",
} as const;

function kubernetesLines(result: Reconciliation, most: string): string[] {
  const { clusters, parts, rateVariance, rateVariancePercent } = result.kubernetes;
  const isThere = ({ atListPrice, billed }: (typeof parts)[number]): boolean =>
    atListPrice !== "0" || billed !== "0";
  const shown = parts.filter(isThere);
  const column = <T>(of: readonly T[], amount: (each: T) => string): string[] =>
    centsThatFoot(of.map((each) => parsePicos(amount(each)))).map(decimalOfCents);
  const atList = column(shown, (part) => part.atListPrice);
  const billed = centsThatFoot(
    shown.map((part) => parsePicos(part.billed)),
    printedAbove(result, shown),
  ).map(decimalOfCents);
  const [listOf, differenceOf] = [
    column(clusters, (cluster) => cluster.atListPrice),
    column(clusters, (cluster) => cluster.rateVariance),
  ];
  return [
    header("Kubernetes, bill less list prices", "list price", "bill", "difference"),
    ...shown.map(({ part }, at) => line(`  ${PART_NAMES[part]}`, atList[at] ?? "", billed[at] ?? "")),
    ...clusters.map(({ cluster }, at) => line(`  ${cluster}`, listOf[at] ?? "", "", differenceOf[at] ?? "")),
    line(
      `  ${rateVariancePercent ?? "over 100"} % of the list price; ${most} % at most`,
      "",
      "",
      rateVariance,
    ),
    "",
  ];
}

/** What the parts of the bill's Kubernetes come to in the table above, if they are the same amount exactly. */
function printedAbove(
  result: Reconciliation,
  parts: Reconciliation["kubernetes"]["parts"],
): bigint | undefined {
  const own = printedBill(result).rows.filter(({ row }) => row.source === "kubecost");
  const exactly = own.reduce((sum, { row }) => sum + parsePicos(row.billed), 0n);
  if (exactly !== parts.reduce((sum, { billed }) => sum + parsePicos(billed), 0n)) return undefined;
  return own.reduce((sum, { billed }) => sum + billed, 0n);
}

function residualLines({ residuals }: Reconciliation): string[] {
  const missed = residuals.filter((residual) => residual.missed !== "0");
  if (missed.length === 0) return ["  Nothing is left over."];
  return [
    header("What does not count as attributed", "amount", "missed"),
    ...missed.map((residual) => line(residualText(residual), residual.amount, residual.missed)),
  ];
}

function dayLines(result: Reconciliation): string[] {
  const nameOf = namesOf(result);
  const differing = result.days.filter(({ difference }) => difference !== "0");
  if (differing.length === 0) return ["  Every service agrees with the bill on every day."];
  return [
    header("Days that differ", "billed", "attributed", "difference"),
    ...differing
      .toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
      .map((row) => line(`${row.day} ${nameOf(row)}`, row.billed, row.attributed, row.difference)),
  ];
}
