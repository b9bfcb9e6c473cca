import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callbackify } from "node:util";
import { simpleParser } from "mailparser";
import { privateFolder } from "@apportion/runtime/private-files";
import { SMTPServer } from "smtp-server";

/** A real SMTP server whose mails become files: nothing leaves the machine. */
export interface Mailbox {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** Mails that came since it was opened, repeats included. */
  readonly received: number;
  stop(): Promise<void>;
}

const MAIL_BYTES_MAX = 10 * 1024 * 1024;
const RECEIPTS = "receipts.log";

/**
 * Listens on the loopback interface and keeps each mail as `<folder>/<date>-<subject>-<hash>.eml`. The hash is that of the
 * Message-ID, so a mail that is repeated after a crash replaces itself, as a mailbox that knows Message-IDs would do; `receipts.log`
 * has a line for each time that one came.
 */
export async function openMailbox(folder: string): Promise<Mailbox> {
  privateFolder(folder);
  let received = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    size: MAIL_BYTES_MAX,
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", callback);
      stream.on("end", () => {
        received += 1;
        callbackify(store)(folder, Buffer.concat(chunks), callback);
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error("The mailbox has no port"));
    });
  });
  const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return {
    host: "127.0.0.1",
    port,
    folder,
    get received() {
      return received;
    },
    stop,
  };
}

async function store(folder: string, raw: Buffer): Promise<void> {
  const mail = await simpleParser(raw);
  const id = mail.messageId ?? "";
  const hash = createHash("sha256")
    .update(id || raw)
    .digest("hex")
    .slice(0, 10);
  const subject = (mail.subject ?? "mail")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
  const file = join(folder, `${subject}-${hash}.eml`);
  writeFileSync(`${file}.part`, raw, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  appendFileSync(join(folder, RECEIPTS), `${id}\n`); // before the server says yes
}

/** Message-IDs in the order in which they came, a repeated one as often as it came. */
export function listReceipts(folder: string): string[] {
  const file = join(folder, RECEIPTS);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

/** The stored mails, for tests and for the summary. */
export function listMails(folder: string): { file: string; raw: Buffer }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".eml"))
    .sort()
    .map((name) => ({ file: join(folder, name), raw: readFileSync(join(folder, name)) }));
}
