import { z } from "zod";

/** A value that never prints: logs, errors and JSON show `[secret]`. Only who connects with it calls `reveal`. */
export class Secret {
  #value: () => string;

  constructor(value: string) {
    this.#value = () => value;
  }

  /** One that is not there, for a part of the configuration that is not used: whoever asks for it all the same is told why. */
  static absent(why: string): Secret {
    const secret = new Secret("");
    secret.#value = () => {
      throw new Error(why);
    };
    return secret;
  }

  reveal(): string {
    return this.#value();
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

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
  error: ({ input }) =>
    input === undefined
      ? "is missing: a secret, given as { env: NAME } or { file: PATH }"
      : "a secret is given as { env: NAME } or { file: PATH }, never written into the file",
});
