import type { Tone } from "../mail/style.js";

/**
 * What a report says, before anybody decided how it looks. Mail, page, PDF and workbook are renderers of the same document, so none of them can
 * say what another does not.
 */
export interface Document {
  /** Subject of the mail, title of the file. */
  readonly title: string;
  /** What mailboxes show beside the subject. */
  readonly preheader: string;
  /** One line above the heading: what kind of document this is. */
  readonly kicker: string;
  readonly heading: string;
  /** ISO 4217, of every amount in it; empty where there is none. */
  readonly currency: string;
  readonly blocks: readonly Block[];
  /** Small print, a paragraph each. */
  readonly footer: readonly string[];
  /** Of the files that come with it, below the small print; where none does, as in an answer of the API, nothing of them is said. */
  readonly files?: readonly string[];
}

/** All that stands at the foot of a document that comes with its files. */
export function footOf({ footer, files = [] }: Pick<Document, "footer" | "files">): readonly string[] {
  return [...footer, ...files];
}

export type Block = Figure | Meter | Note | Paragraph | Bullets | Section | Code | Table | Chart;

/** The figure for which the document is opened, and what it is. */
export interface Figure {
  readonly kind: "figure";
  /** With its currency; an estimate says that it is one: `about USD 1,415`. */
  readonly amount: string;
  readonly beside: string;
}

/** How much of a budget is used, and expected to be by the end of the month. In cents; `says` is the same in words. */
export interface Meter {
  readonly kind: "meter";
  readonly tone: Tone;
  readonly used: bigint;
  readonly expected: bigint;
  readonly budget: bigint;
  readonly says: string;
}

/** What has to be seen. The first sentence is the strongest. */
export interface Note {
  readonly kind: "note";
  readonly tone: Tone;
  readonly lines: readonly string[];
}

export interface Paragraph {
  readonly kind: "paragraph";
  readonly text: string;
  readonly weight: "strong" | "plain" | "quiet";
}

export interface Bullets {
  readonly kind: "bullets";
  readonly items: readonly string[];
}

export interface Section {
  readonly kind: "section";
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Text that can be pasted, with its line breaks. */
export interface Code {
  readonly kind: "code";
  readonly text: string;
}

export interface Table {
  readonly kind: "table";
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Below the rows, set apart. */
  readonly totals: readonly TotalRow[];
  /** Place of a column of amounts that is also drawn, a bar for each row. */
  readonly bars?: number;
}

export interface Column {
  readonly head: string;
  /** Text to the left, everything else to the right in digits of one width. Heads of amounts get the currency. */
  readonly of: "text" | "amount" | "percent" | "quantity";
  /** Where there is little room, it stands below the column before it. */
  readonly under?: true;
}

/** Values by which costs are told apart from others. */
export type CostValues = Readonly<
  Partial<Record<"category" | "basis" | "pool" | "cluster" | "namespace" | "service", string>>
>;

export interface Row {
  readonly cells: readonly Cell[];
  /** Of which costs its amounts are the sum: pages lead from there to the reason. Mails and files show the same without it. */
  readonly costs?: CostValues;
  /** Of a row that has to be seen; what it means stands in a cell too. */
  readonly tone?: Tone;
}

export interface TotalRow extends Row {
  /**
   * Whose amounts its own are the sum of, so that a workbook can add them up again: all rows, or the totals at these places. Absent where it is a
   * figure of its own.
   */
  readonly adds?: "rows" | readonly number[];
}

/** Whether it is the sum of what is above it, and not a part of it or a figure beside it. */
export function isSum({ adds }: TotalRow): boolean {
  return adds !== undefined;
}

/** Amounts stay numbers, so that a workbook can compute with them. Undefined is what is not known or does not apply: it is no zero. */
export type Cell = string | Amount | undefined;

export interface Amount {
  readonly cents: bigint;
  /** A difference: its sign is printed always. */
  readonly signed?: true;
}

/** Amounts over something, drawn. */
export interface Chart {
  readonly kind: "chart";
  readonly shape: "columns" | "stack" | "course" | "waterfall";
  /** What it shows, with its period. */
  readonly title: string;
  /** The same in words, for those who do not see it. */
  readonly says: string;
  /** Along the axis, in their order. */
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** A line across, for example a budget. */
  readonly mark?: { readonly label: string; readonly cents: bigint };
}

export interface Series {
  readonly name: string;
  /** One for each label; undefined where nothing is known. */
  readonly cents: readonly (bigint | undefined)[];
  /** Places of labels whose amounts can still change: drawn paler. */
  readonly provisional?: readonly number[];
  /** What colour it has, on every surface the same: a category, or what is nobody's. Of `course`, `forecast` is drawn as a band's middle. */
  readonly colour: string;
}
