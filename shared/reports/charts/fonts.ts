import { createRequire } from "node:module";

/**
 * One font for pictures and pages, so that they look the same on a machine without any: DejaVu, which has the letters of most languages, and
 * digits of one width.
 */
const require = createRequire(import.meta.url);

export const REGULAR_FILE = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf");
export const BOLD_FILE = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf");
