/** What a renderer makes: the same mail for people who see HTML and for those who do not, and its figures as a file. */
export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Its text for whom it is not addressed to, where it names what those may not read: channels, and finance where it was refused. */
  readonly textForOthers?: string;
  readonly csv?: { readonly filename: string; readonly content: string };
  /** What takes long to make, made when the mail goes out: most mails that are rendered went out before. The same bytes each time. */
  readonly files?: () => Promise<readonly MailFile[]>;
}

/** A picture of the HTML, or a file beside the mail. */
export interface MailFile {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** By which the HTML shows it, `cid:…`. */
  readonly cid?: string;
}

/** A mail with all that is in it. */
export interface WholeMail extends Omit<RenderedMail, "files"> {
  readonly files?: readonly MailFile[];
}

export async function wholeMail({ files, ...mail }: RenderedMail): Promise<WholeMail> {
  return { ...mail, ...(files && { files: await files() }) };
}
