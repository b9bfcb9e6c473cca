import { z } from "zod";
import type { DamagedPart } from "./damaged-parts.js";

const damagedPart: z.ZodType<DamagedPart> = z.object({
  table: z.string(),
  part: z.string(),
  path: z.string(),
  rows: z.int().min(0).optional(),
});

const account = z.object({ username: z.string().min(1), password: z.string().min(16) });

/*
 * The parent alone checks what is said, on both ways: the child would load the schemas' library longer than it reads one line of its own
 * parent, and every command waits for the child.
 */

/** What the supervisor writes to the child's standard input, as one line. Passwords never stand on a command line. */
export const serverSettings = z.object({
  /** 0 chooses a free one. */
  port: z.int().min(0).max(65_535),
  database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  services: account,
  readonly: account,
  spoolFolder: z.string(),
  /** Whether it answers although tables are damaged. When it does not, it only says so and waits to be ended. */
  servesDamaged: z.boolean(),
});
export type ServerSettings = z.infer<typeof serverSettings>;

/** The one line that the child writes to standard output, when it answers, or does not because of what is damaged. */
export const readyLine = z.object({
  event: z.literal("ready"),
  port: z.int(),
  pid: z.int(),
  version: z.string(),
  damaged: z.array(damagedPart),
});
export type ReadyLine = z.infer<typeof readyLine>;
