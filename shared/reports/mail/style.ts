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

/** The same where people read in the dark. */
const DARK: Readonly<Record<keyof typeof COLOURS, string>> = {
  ink: "#e7ebf0",
  quiet: "#a7b3c1",
  line: "#38424e",
  paper: "#1b2129",
  desk: "#11151a",
  track: "#323b47",
  accent: "#7fa9e8",
  accentLight: "#3d567d",
  calm: "#63b994",
  warning: "#e0a04c",
  danger: "#f08a82",
};

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

const DARK_TONES: typeof TONES = {
  calm: { ink: DARK.calm, light: "#2f5b49", paper: "#182b24" },
  notice: { ink: DARK.accent, light: DARK.accentLight, paper: "#192538" },
  warning: { ink: DARK.warning, light: "#6b4f24", paper: "#2e2517" },
  danger: { ink: DARK.danger, light: "#6e3632", paper: "#35201f" },
};

/** Each colour with the one that stands for it in the dark. */
export const DARK_COLOURS: ReadonlyMap<string, string> = new Map([
  ...(Object.keys(COLOURS) as (keyof typeof COLOURS)[]).map((name) => [COLOURS[name], DARK[name]] as const),
  ...(Object.keys(TONES) as Tone[]).flatMap((tone) =>
    (["light", "paper"] as const).map((part) => [TONES[tone][part], DARK_TONES[tone][part]] as const),
  ),
]);

/**
 * What turns a mail dark where its reader is: colours are written into each element, since mail programs know little else, so the rules look
 * for them there. Programs that know neither show it light, or turn it by themselves.
 */
export const DARK_RULES: string = [...DARK_COLOURS]
  .map(
    ([light, dark]) =>
      `[style*="color:${light}"]{color:${dark} !important}[style*="background:${light}"]{background:${dark} !important}[style*="solid ${light}"]{border-color:${dark} !important}`,
  )
  .join("\n");

export const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
/** Attributes of a table that only lays things out: screen readers read what is in it and not that it is one. */
export const LAYOUT = new Html('role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"');
