import { Html } from "./html.js";

/**
 * What mails look like. Mail programs know tables, inline styles and little else: widths are percentages, so a phone shows the
 * same page narrower, and a bar is a table row whose cells are coloured. Whatever a colour says, a word says too.
 */

/** Inks have a contrast of at least 4.5 : 1 on what they are printed on (WCAG AA). */
export const COLOURS = {
  ink: "#1c2733",
  quiet: "#536171",
  line: "#dfe4ea",
  paper: "#ffffff",
  desk: "#f2f4f7",
  track: "#e6eaef",
  accent: "#2457a6",
  accentLight: "#a9c2e8",
  calm: "#1f6f50",
  warning: "#96580a",
  danger: "#b3261e",
} as const;

/** How serious something is. */
export type Tone = "calm" | "notice" | "warning" | "danger";

/** `ink` for edges and bars, `light` for what is only expected, `paper` for the ground of a remark. */
export const TONES: Readonly<
  Record<Tone, { readonly ink: string; readonly light: string; readonly paper: string }>
> = {
  calm: { ink: COLOURS.calm, light: "#b5d9c9", paper: "#edf6f2" },
  notice: { ink: COLOURS.accent, light: COLOURS.accentLight, paper: "#eef3fb" },
  warning: { ink: COLOURS.warning, light: "#ebcd9f", paper: "#fdf5e8" },
  danger: { ink: COLOURS.danger, light: "#efb8b4", paper: "#fcefee" },
};

export const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
/** Attributes of a table that only lays things out: screen readers read what is in it and not that it is one. */
export const LAYOUT = new Html('role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"');
