import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { sendProblem } from "./problem.js";
import { isLoopback } from "./roles.js";

/** Largest body of a request: a policy file. */
const BODY_BYTES_MAX = 256 * 1024;
/** Longest address of a question: filters have hundreds of values at most. */
const URL_CHARACTERS_MAX = 16_384;
const limitsBody = bodyLimit({
  maxSize: BODY_BYTES_MAX,
  onError: (c) => sendProblem(c, 413, `A body has at most ${BODY_BYTES_MAX / 1024} KiB`),
});
/** Questions that are answered at once; more wait their turn at the database in any case. */
const AT_ONCE_MAX = 64;

/**
 * What every request passes. Without a sign-in being on this machine is all that is asked of anybody, and with one browsers send the cookie by
 * themselves: so a page of another host must not get in, neither by a name that leads here (Host) nor by a form or script of its own (Origin,
 * Sec-Fetch-Site).
 * @param publicUrl where people open the pages; undefined where nobody signs in
 */
export function guard(publicUrl?: string): MiddlewareHandler[] {
  let now = 0;
  const own = publicUrl === undefined ? undefined : new URL(publicUrl);
  return [
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: "same-origin",
      strictTransportSecurity: own?.protocol === "https:" ? "max-age=31536000" : false,
      xFrameOptions: "DENY",
    }),
    async (c, next) => {
      const host = c.req.header("host") ?? "";
      if (host !== own?.host && !isThisMachine(host))
        return sendProblem(
          c,
          421,
          `${own ? `This is ${own.origin}` : "This is answered on this machine alone, as 127.0.0.1 or localhost"}, not "${host.slice(0, 100)}"`,
        );
      const origin = c.req.header("origin");
      if (origin !== undefined && !isOwnOrigin(origin, host, own))
        return sendProblem(c, 403, "A page of another host asked; open the pages here instead");
      if (c.req.header("sec-fetch-site") === "cross-site" && c.req.header("sec-fetch-mode") !== "navigate")
        return sendProblem(c, 403, "A page of another host asked; open the pages here instead");
      if (c.req.url.length > URL_CHARACTERS_MAX)
        return sendProblem(
          c,
          413,
          `The address has more than ${URL_CHARACTERS_MAX} characters: filter by less`,
        );
      return next();
    },
    // A question by GET has no body that anybody reads; to look for one took a tenth of its answer.
    async (c, next) => (c.req.method === "GET" ? next() : limitsBody(c, next)),
    // Behind the body: who drips one takes no place from others.
    async (c, next) => {
      if (now >= AT_ONCE_MAX) return sendProblem(c, 429, "Ask again in a moment");
      now += 1;
      try {
        return await next();
      } finally {
        now -= 1;
      }
    },
  ];
}

function isThisMachine(host: string): boolean {
  return (
    /^[\w.:[\]-]{1,100}$/.test(host) &&
    URL.canParse(`http://${host}`) &&
    isLoopback(new URL(`http://${host}`))
  );
}

/** Whether a page of this service asks: of the public address by that alone, of this machine by the host that it asks. */
function isOwnOrigin(origin: string, host: string, own: URL | undefined): boolean {
  if (host === own?.host) return origin === own.origin;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Whether it is certain that a page of this service asks, and none of another host; for what the {@link guard} let in. */
export function isOfOwnPage(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  return site === undefined ? c.req.header("origin") !== undefined : site === "same-origin";
}
