import { z } from "zod";
import { Secret } from "./secret.js";

/** Marks the schema for `config schema`: in YAML a secret is `{ env: NAME }` or `{ file: PATH }`, never the value itself. */
export const SECRET_JSON_SCHEMA = {
  oneOf: [
    {
      type: "object",
      properties: { env: { type: "string", description: "Environment variable that holds the secret" } },
      required: ["env"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        file: { type: "string", description: "File that holds the secret; its last line break is dropped" },
      },
      required: ["file"],
      additionalProperties: false,
    },
  ],
} as const;

/** A secret in a configuration schema. The loader replaces `{ env }` and `{ file }` by a {@link Secret} before validation. */
export const secretSchema = z.custom<Secret>((value) => value instanceof Secret, {
  abort: false, // one that is missing or written out hides nothing beside it
  error: ({ input }) =>
    input === undefined
      ? "is missing: a secret, given as { env: NAME } or { file: PATH }"
      : "a secret is given as { env: NAME } or { file: PATH }, never written into the file",
});
