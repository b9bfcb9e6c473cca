import { z } from "zod";

/** Where processes that work on the same folder are answered, on the address of pages and API. */
export const BESIDE_PATH = "/beside";

const namedText = z.object({ file: z.string(), text: z.string() });
const access = z.object({
  url: z.url(),
  database: z.string(),
  username: z.string(),
  password: z.string(),
});

/** What the process says of itself to who has its credential. */
export const aboutSchema = z.object({
  /** Of the program: two versions do not share tables. */
  version: z.string(),
  processId: z.string(),
  /** By which it works; the file may say something else by now. */
  config: namedText.extend({ budgets: namedText.optional() }),
  /** Whether it holds the log. */
  log: z.boolean(),
  /** Of its embedded engine; absent where the configuration names a server. */
  engine: z.object({ services: access, analyst: access }).optional(),
});
export type About = z.infer<typeof aboutSchema>;
