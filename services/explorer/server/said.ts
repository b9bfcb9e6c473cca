import type { Context } from "hono";
import { html } from "hono/html";
import { sendProblem } from "./problem.js";

/** What is said to somebody who is not let in, or not yet. */
interface Said {
  readonly status: 200 | 400 | 403 | 429 | 503;
  readonly title: string;
  readonly detail: string;
  /** What they can do. */
  readonly link?: { readonly to: string; readonly text: string };
}

/** Whether a browser opens an address: it gets a page, and a program gets a problem. */
export function wantsPage(c: Context): boolean {
  return /^(GET|HEAD|POST)$/.test(c.req.method) && (c.req.header("accept") ?? "").includes("text/html");
}

export function say(c: Context, { status, title, detail, link }: Said): Response | Promise<Response> {
  c.header("cache-control", "no-store");
  if (status === 503) c.header("retry-after", "5");
  if (status === 429) c.header("retry-after", "60");
  if (status !== 200 && !wantsPage(c)) return sendProblem(c, status, `${title}. ${detail}`);
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} – Apportion</title>
          <link rel="stylesheet" href="${STYLE_PATH}" />
        </head>
        <body>
          <main>
            <h1>${title}</h1>
            <p>${detail}</p>
            ${link ? html`<p><a href="${link.to}">${link.text}</a></p>` : ""}
          </main>
        </body>
      </html>`,
    status,
  );
}

export const STYLE_PATH = "/auth/page.css";
export const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; }
`;
