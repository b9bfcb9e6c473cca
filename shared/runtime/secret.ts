/** Every secret that this process was given, in the forms in which it travels. */
const known = new Map<string, readonly string[]>();
/** What is shorter is part of ordinary words and figures, and no secret. */
const CHARACTERS_MIN = 4;
/** Of a secret that is cut off at the end of a text, fewer characters may stay. */
const BEGINNING_MIN = 6;
const HIDDEN = "[secret]";

/**
 * A text from outside without the secrets that this process was given: as they are, URL-encoded, as JSON or HTML has them, in base64 (so a
 * header `Authorization: Basic` too), and with their end cut off by the end of the text.
 */
export function withoutSecrets(text: string): string {
  let shown = text;
  for (const forms of known.values()) for (const form of forms) shown = shown.replaceAll(form, HIDDEN);
  shown = shown.replace(BASE64, (word) => (holdsSecret(decoded(word)) ? HIDDEN : word));
  for (const forms of known.values())
    for (const form of forms) {
      const cut = beginningAtEnd(shown, form);
      if (cut > 0) shown = shown.slice(0, -cut) + HIDDEN;
    }
  return shown;
}

/** Also as JSON and URLs have its `/` and `+`. */
const BASE64 = /(?:[A-Za-z0-9+/_-]|\\\/|%2[BbFf]){8,}/g;

function decoded(word: string): string {
  const plain = word.replace(/\\\/|%2f/gi, "/").replace(/%2b/gi, "+");
  return Buffer.from(plain, "base64").toString("utf8");
}

function holdsSecret(text: string): boolean {
  return [...known.keys()].some((secret) => text.includes(secret) || beginningAtEnd(text, secret) > 0);
}

/** Characters at the end of the text that are the beginning of the secret, where they are enough to matter. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = secret.length - 1; length >= BEGINNING_MIN; length--)
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
  const forms = [secret, url, lower(url), inForm, lower(inForm), inJson, inHtml, ...quotes];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** A value that never prints: logs, errors and JSON show `[secret]`. Only who connects with it calls `reveal`. */
export class Secret {
  #value: () => string;

  constructor(value: string) {
    this.#value = () => value;
    if (value.length >= CHARACTERS_MIN && !known.has(value)) known.set(value, formsOf(value));
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
