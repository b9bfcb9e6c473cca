import { createTransport, type NodemailerError, type SendMailOptions } from "nodemailer";
import type { WholeMail } from "@apportion/reports/mail/mail";
import { foreignText } from "@apportion/runtime/foreign-text";
import type { SmtpConfig } from "../config.js";

export interface OutgoingMail extends WholeMail {
  readonly messageId: string;
  /** Message-ID of the first message of the thread that it is in. */
  readonly thread?: string | undefined;
  readonly date: Date;
  /** Everybody to whom the mail is addressed. */
  readonly to: readonly string[];
  /** Those of them to whom it goes this time. */
  readonly envelopeTo: readonly string[];
}

/** What the mail server said about a recipient that it did not accept. */
export interface Rejection {
  readonly recipient: string;
  readonly reply: string;
}

/** What became of each recipient. */
export interface SendOutcome {
  readonly accepted: readonly string[];
  /** Refused for good (5xx): sending it again cannot help. */
  readonly refused: readonly Rejection[];
  /** Put off (4xx): the same mail may be accepted later. */
  readonly deferred: readonly Rejection[];
}

/** The port to the mail server. */
export interface Mailer {
  /** @throws MailServerError when the server cannot be reached or does not take mail from us at all. */
  send(mail: OutgoingMail): Promise<SendOutcome>;
  /** Resolves when the server answers and lets us in. For `doctor`. */
  verify(): Promise<void>;
  close(): void;
}

/** No mail gets through, whatever it is: the server is down, or does not let us in. Someone mends it while mails wait. */
export class MailServerError extends Error {
  override readonly name = "MailServerError";
  readonly code = "mail.serverLost";
  readonly retriable = true;
}

/** The server says goodbye with this code: nothing is wrong with the mail. */
const CLOSING = 421;

export function createSmtpMailer(
  smtp: SmtpConfig,
  sender: { readonly from: string; readonly replyTo?: string | undefined },
): Mailer {
  const server = `${smtp.host}:${smtp.port}`;
  const transport = createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === "tls",
    requireTLS: smtp.security === "starttls",
    ignoreTLS: smtp.security === "none",
    connectionTimeout: smtp.connectTimeoutMs,
    greetingTimeout: smtp.connectTimeoutMs,
    socketTimeout: smtp.socketTimeoutMs,
    ...(smtp.auth && { auth: { user: smtp.auth.user, pass: smtp.auth.password.reveal() } }),
    // Contents are given as text; nothing in a mail may make us read a file or a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      try {
        const info = await transport.sendMail({
          from: sender.from,
          ...(sender.replyTo !== undefined && { replyTo: sender.replyTo }),
          to: [...mail.to],
          envelope: { from: addressOf(sender.from), to: [...mail.envelopeTo] },
          subject: mail.subject,
          messageId: mail.messageId,
          ...(mail.thread !== undefined && { inReplyTo: mail.thread, references: mail.thread }),
          date: mail.date,
          text: mail.text,
          html: mail.html,
          // RFC 3834: out-of-office answers are not meant for us.
          headers: { "Auto-Submitted": "auto-generated" },
          attachments: attachmentsOf(mail),
        });
        return outcomeOf(info.accepted, info.rejectedErrors ?? []);
      } catch (error) {
        return outcomeOfFailure(error as NodemailerError, mail.envelopeTo, server);
      }
    },
    async verify() {
      try {
        await transport.verify();
      } catch (error) {
        throw serverLost(error as NodemailerError, server);
      }
    },
    close: () => transport.close(),
  };
}

/** What the HTML shows is no attachment to people. */
function attachmentsOf({ csv, files = [] }: WholeMail): NonNullable<SendMailOptions["attachments"]> {
  return [
    ...(csv ? [{ ...csv, contentType: "text/csv; charset=utf-8" }] : []),
    ...files.map(({ content, cid, ...file }) => ({
      ...file,
      content: Buffer.from(content),
      ...(cid !== undefined && { cid, contentDisposition: "inline" as const }),
    })),
  ];
}

/** `"FinOps" <finops@example.com>` → `finops@example.com` */
function addressOf(mailbox: string): string {
  return /<([^<>]+)>$/.exec(mailbox)?.[1] ?? mailbox;
}

function outcomeOf(accepted: readonly string[], errors: readonly NodemailerError[]): SendOutcome {
  const rejectionsOf = (isPermanent: boolean): Rejection[] =>
    errors
      .filter(({ permanent }) => (permanent === true) === isPermanent)
      .map((error) => ({ recipient: error.recipient ?? "", reply: replyOf(error) }));
  return { accepted, refused: rejectionsOf(true), deferred: rejectionsOf(false) };
}

/** A failure is about the recipients, about this mail, or about the server; the last is thrown. */
function outcomeOfFailure(error: NodemailerError, to: readonly string[], server: string): SendOutcome {
  if (error.responseCode === CLOSING) throw serverLost(error, server);
  if (error.rejectedErrors && error.rejectedErrors.length > 0) return outcomeOf([], error.rejectedErrors);
  const aboutThisMail =
    error.code === "EMESSAGE" ||
    (error.code === "EENVELOPE" && (error.command === "DATA" || error.command === "API"));
  if (!aboutThisMail) throw serverLost(error, server);
  // Without a reply it was refused before it was sent: larger than the server takes, or an address nobody can have.
  const permanent = error.permanent ?? true;
  const rejections = to.map((recipient) => ({ recipient, reply: replyOf(error) }));
  return { accepted: [], refused: permanent ? rejections : [], deferred: permanent ? [] : rejections };
}

function replyOf(error: NodemailerError): string {
  return foreignText(error.response ?? error.message);
}

function serverLost(error: NodemailerError, server: string): MailServerError {
  return new MailServerError(
    `The mail server ${server} does not take mail (${error.code ?? "no code"}): ${replyOf(error)}. Check notifier.smtp and notifier.from.`,
    { cause: error },
  );
}
