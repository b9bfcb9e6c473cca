import type { Category } from "@apportion/domain/category";

/** What pictures and pages on paper are written with, where it is at hand. */
export const FONT_FAMILY = "Apportion Sans";

/** What a chart is drawn with: ink and ground as those of the page that it stands on. */
export interface Theme {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly paper: string;
  readonly colours: Readonly<Record<ColourName, string>>;
}

/** What charts are about beside categories: what was spent, is expected, or may be spent, and what changed. */
type ColourName =
  | Category
  | "spent"
  | "before"
  | "forecast"
  | "forecast-low"
  | "forecast-high"
  | "budget"
  | "total"
  | "up"
  | "down";

/** Okabe and Ito: told apart by nearly everybody, and of different lightness, so that neighbours differ in grey too. */
const BLUE = "#0072b2";
const SKY = "#56b4e9";
const VERMILLION = "#d55e00";
const ORANGE = "#e69f00";
const GREEN = "#009e73";
const YELLOW = "#f0e442";
const PURPLE = "#cc79a7";

const SAME_IN_BOTH = {
  cpu: BLUE,
  gpu: VERMILLION,
  memory: SKY,
  "persistent-volume": ORANGE,
  "load-balancer": "#b37b00",
  "object-storage": YELLOW,
  network: GREEN,
  shared: PURPLE,
  // What is nobody's, or of the company, is grey.
  idle: "#9aa4af",
  "idle-cpu": "#9aa4af",
  "idle-gpu": "#7f8994",
  "idle-memory": "#b5bdc6",
  "idle-variance": "#c9d0d7",
  unallocated: "#69737e",
  corporate: "#c9d0d7",
  adjustment: "#8c6d1f",
  "unused-commitment": "#7f8994",
  forecast: SKY,
  "forecast-low": SKY,
  "forecast-high": SKY,
  before: "#9aa4af",
  up: VERMILLION,
  down: GREEN,
} as const;

export const LIGHT: Theme = {
  ink: "#1c2733",
  quiet: "#536171",
  line: "#dfe4ea",
  paper: "#ffffff",
  colours: {
    ...SAME_IN_BOTH,
    services: "#000000",
    "rate-variance": "#4a4f57",
    spent: BLUE,
    budget: "#1c2733",
    total: "#3d4a58",
  },
};

/** Of pictures in mails: light, and neither white on a dark page nor lost on a white one. */
export const CARD: Theme = { ...LIGHT, paper: "#f4f6f9" };

export const DARK: Theme = {
  ink: "#e8edf3",
  quiet: "#a7b3c0",
  line: "#36424f",
  paper: "#18212b",
  colours: {
    ...SAME_IN_BOTH,
    cpu: "#3d9bd6",
    services: "#f4f6f8",
    "rate-variance": "#c3cad2",
    spent: "#3d9bd6",
    budget: "#e8edf3",
    total: "#a7b3c0",
  },
};

/** Names that no category has are drawn as what was spent. */
export function colourOf(theme: Theme, name: string): string {
  return Object.hasOwn(theme.colours, name) ? theme.colours[name as ColourName] : theme.colours.spent;
}
