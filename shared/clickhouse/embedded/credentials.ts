import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Secret } from "@apportion/runtime/secret";
import { z } from "zod";

/** Passwords of one data folder's users, made at random when the folder is first used. */
export interface Credentials {
  readonly services: Secret;
  readonly readonly: Secret;
}

const password = z.string().min(16);
const fileSchema = z.object({ services: password, readonly: password });
const PASSWORD_BYTES = 24;

/** Reads the file (mode 0600), or makes it. @throws Error naming the file when it cannot be used */
export function loadCredentials(file: string): Credentials {
  const { services, readonly } = existsSync(file) ? read(file) : create(file);
  return { services: new Secret(services), readonly: new Secret(readonly) };
}

function read(file: string): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // The cause would quote the file's content.
    throw new Error(`${file} holds no passwords; remove it and new ones are made`);
  }
}

function create(file: string): z.infer<typeof fileSchema> {
  const made = { services: randomPassword(), readonly: randomPassword() };
  const unfinished = `${file}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(made)}\n`, { mode: 0o600 });
  renameSync(unfinished, file); // never half a file, whenever the power goes
  return made;
}

function randomPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}
