import type { Chart } from "../document/document.js";

/** A chart of each shape, with names and amounts that are hard to draw. */

const cents = (...units: readonly (number | undefined)[]): (bigint | undefined)[] =>
  units.map((each) => (each === undefined ? undefined : BigInt(Math.round(each * 100))));

const DAYS = Array.from({ length: 30 }, (_, at) => `${at + 1} Nov`);
const spent = DAYS.map((_, at) => (at < 23 ? 80 + ((at * 37) % 41) + (at > 15 ? 60 : 0) : undefined));

export const COLUMNS: Chart = {
  kind: "chart",
  shape: "columns",
  title: "Cost of each day, November 2026",
  says: "Between USD 80.00 and 180.00 a day; from 17 November on about 60.00 more. Three days are not settled yet.",
  labels: DAYS,
  series: [{ name: "Cost", colour: "spent", cents: cents(...spent), provisional: [20, 21, 22] }],
};

const MONTHS = ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"];
const parts: readonly (readonly [string, string, number])[] = [
  ["CPU", "cpu", 2_700],
  ["GPU", "gpu", 1_900],
  ["Memory", "memory", 1_300],
  ["Persistent volumes", "persistent-volume", 210],
  ["S3 storage", "object-storage", 640],
  ["Network", "network", 120],
  ["Shared services", "shared", 880],
  ["Idle capacity", "idle", 500],
  ["Unallocated", "unallocated", 90],
];

export const STACK: Chart = {
  kind: "chart",
  shape: "stack",
  title: "What it is made of, December 2025 to November 2026",
  says: "CPU is the largest part in each month; GPU grew from 12 to 23 % of the total.",
  labels: MONTHS,
  series: parts.map(([name, colour, amount], part) => ({
    name,
    colour,
    cents: cents(...MONTHS.map((_, at) => amount * (0.7 + ((at * (part + 3)) % 7) / 12))),
    provisional: [11],
  })),
};

let sum = 0;
const running = spent.map((each) => (each === undefined ? undefined : (sum += each)));
const ahead = (from: number, slope: number): (number | undefined)[] =>
  DAYS.map((_, at) => (at < 22 ? undefined : from + (at - 22) * slope));

export const COURSE: Chart = {
  kind: "chart",
  shape: "course",
  title: "Cost since 1 November against the budget, and how the month is expected to end",
  says: "USD 2,857.00 were spent by 23 November; by the end of the month 3,830.00 are expected, 630.00 over the budget.",
  labels: DAYS,
  series: [
    { name: "Spent", colour: "spent", cents: cents(...running) },
    { name: "Expected", colour: "forecast", cents: cents(...ahead(sum, 139)) },
    { name: "Low", colour: "forecast-low", cents: cents(...ahead(sum, 110)) },
    { name: "High", colour: "forecast-high", cents: cents(...ahead(sum, 171)) },
  ],
  mark: { label: "Budget", cents: 320_000n },
};

export const WATERFALL: Chart = {
  kind: "chart",
  shape: "waterfall",
  title: "From the invoice to what is charged, November 2026",
  says: "The invoice of USD 184,220.10 less purchases of 52,000.00, with 48,301.22 of amortisation, makes 180,521.32 charged.",
  labels: [
    "Invoice, unblended",
    "Purchases of savings plans and reservations",
    "Amortisation of them",
    "Discounts",
    "Bill, net amortised",
    "On no bill",
    "Statements of November 2026",
  ],
  series: [
    {
      name: "Figures",
      colour: "total",
      cents: cents(184_220.1, undefined, undefined, undefined, 179_721.32, undefined, 180_521.32),
    },
    { name: "Steps", colour: "change", cents: cents(undefined, -52_000, 48_301.22, -800, undefined, 800, undefined) },
  ],
};

export const CHARTS: readonly Chart[] = [COLUMNS, STACK, COURSE, WATERFALL];
