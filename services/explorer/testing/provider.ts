import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

/** For tests: a real OpenID Connect provider on this machine. Whoever signs in says by their name who they are. */
export interface TestProvider {
  readonly issuer: string;
  close(): Promise<void>;
}

export const CLIENT = { id: "apportion", secret: "a-secret-of-the-client-that-is-long" };

interface ProviderOptions {
  readonly redirectUri: string;
  /** Groups of each person, by the name with which they sign in. They may change. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Of a provider that was there before. */
  readonly port?: number;
}

export async function startProvider({
  redirectUri,
  groups,
  port = 0,
}: ProviderOptions): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] }],
    claims: { profile: ["name", "groups"] },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, name: `${accountId} <b>`, groups: groups[accountId] ?? [] }),
    }),
    cookies: { keys: ["of this test"] },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => void answer(request, response));
  return { issuer, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** What answers addresses of a host without a socket. */
export type Answers = (url: string, init: RequestInit) => Response | Promise<Response>;

/** For tests: a browser that follows redirects, keeps cookies by host, and fills in the provider's forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #own: { readonly origin: string; readonly answers: Answers };
  /** Every address that it was led to. */
  readonly visited: string[] = [];

  constructor(origin: string, answers: Answers) {
    this.#own = { origin, answers };
  }

  cookiesOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const own = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, own);
    return own;
  }

  /** One request, not followed. */
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const cookies = [...this.cookiesOf(url)].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = new Headers({
      accept: "text/html",
      host: new URL(url).host,
      ...(cookies && { cookie: cookies }),
    });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    const asked = { ...init, headers, redirect: "manual" as const };
    const isOwn = new URL(url).origin === this.#own.origin;
    const response = await (isOwn ? this.#own.answers(url, asked) : fetch(url, asked));
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookiesOf(url).delete(name);
      else this.cookiesOf(url).set(name, value);
    }
    return response;
  }

  /** Follows redirects up to an address for which this is true, or to a page. */
  async open(
    url: string,
    init: RequestInit = {},
    until: (url: string) => boolean = () => false,
  ): Promise<Opened> {
    let [at, response] = [url, await this.ask(url, init)];
    this.visited.push(url);
    for (let count = 0; count < 20; count++) {
      const location = response.headers.get("location");
      if (location === null) break;
      at = new URL(location, at).href;
      this.visited.push(at);
      if (until(at)) break;
      response = await this.ask(at);
    }
    return { url: at, status: response.status, text: await response.text() };
  }

  /** Signs in at the provider and agrees, up to the address with the code, or to where that leads. */
  async signIn(as: string, from: string, until?: (url: string) => boolean): Promise<Opened> {
    let opened = await this.open(from, {}, until);
    for (let count = 0; count < 3; count++) {
      const action = /<form[^>]*action="([^"]+)"/.exec(opened.text)?.[1];
      const prompt = /name="prompt" value="([^"]+)"/.exec(opened.text)?.[1];
      if (action === undefined || prompt === undefined) break;
      const body = new URLSearchParams({ prompt, login: as, password: "any" });
      opened = await this.open(new URL(action, opened.url).href, { method: "POST", body }, until);
    }
    return opened;
  }
}

interface Opened {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}
