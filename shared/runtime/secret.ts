/** Every secret that this process was given. */
const known = new Set<string>();
/** The forms in which they travel, the longest first: one may be a part of another. */
let forms: readonly string[] = [];
/** What is shorter is part of ordinary words and figures, and no secret. */
const CHARACTERS_MIN = 4;
const DIGITS_MIN = 8;
/** Of a secret that is cut off at the end of a text, fewer characters may stay; more are looked for of no secret. */
const BEGINNING_MIN = 6;
const BEGINNING_MAX = 200;
/** Certificates are no secrets, and as long as some authorities' bundles no log line could be read in time. */
const CERTIFICATE = /^\s*(?:#.*\s+)*-----BEGIN (?:TRUSTED )?CERTIFICATE-----(?![\s\S]*PRIVATE KEY)/;
const HIDDEN = "[secret]";

/**
 * A text from outside without the secrets that this process was given: as they are, URL-encoded, as JSON or HTML has them, in base64 (so a
 * header `Authorization: Basic` too), and with their end cut off by the end of the text.
 */
export function withoutSecrets(text: string): string {
  if (known.size === 0) return text;
  let shown = text;
  for (const form of forms) shown = shown.replaceAll(form, HIDDEN);
  shown = shown.replace(BASE64, (word) => (isEncodedSecret(word) ? HIDDEN : word));
  for (const form of forms) {
    const cut = beginningAtEnd(shown, form);
    if (cut > 0) shown = shown.slice(0, -cut) + HIDDEN;
  }
  return shown;
}

/** Also as JSON and URLs have its `/` and `+`. */
const BASE64 = /(?:[A-Za-z0-9+/_-]|\\\/|%2[BbFf]){8,}/g;

/** What stands before it may be glued to it, as `Basic+` of a form or the `n` of `\\n`: four characters are a group, which may begin at any. */
function isEncodedSecret(word: string): boolean {
  const plain = word.replace(/\\\/|%2f/gi, "/").replace(/%2b/gi, "+");
  return [0, 1, 2, 3].some((from) => {
    const text = Buffer.from(plain.slice(from), "base64").toString("utf8");
    return [...known].some((secret) => text.includes(secret) || beginningAtEnd(text, secret) > 0);
  });
}

/** Characters at the end of the text that are the beginning of the secret, where they are enough to matter. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, BEGINNING_MAX); length >= BEGINNING_MIN; length--)
    if (text.endsWith(secret.slice(0, length))) return length;
  return 0;
}

function formsOf(secret: string): string[] {
  const url = encodeURIComponent(secret);
  const inForm = new URLSearchParams([["", secret]]).toString().slice(1);
  const lower = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inHtml = secret
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  const quotes = ["&#39;", "&#x27;"].map((code) => inHtml.replaceAll("'", code));
  return [secret, url, lower(url), inForm, lower(inForm), inJson, inHtml, ...quotes];
}

function register(value: string): void {
  const least = /^\d+$/.test(value) ? DIGITS_MIN : CHARACTERS_MIN;
  if (value.length < least || known.has(value) || CERTIFICATE.test(value)) return;
  known.add(value);
  forms = [...new Set([...forms, ...formsOf(value)])].toSorted((a, b) => b.length - a.length);
}

/** For tests, which share a process: the secrets of others are words in their texts. */
export function forgetSecrets(): void {
  known.clear();
  forms = [];
}

/** A value that never prints: logs, errors and JSON show `[secret]`. Only who connects with it calls `reveal`. */
export class Secret {
  #value: () => string;

  constructor(value: string) {
    this.#value = () => value;
    register(value);
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
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return HIDDEN;
  }
}
