import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Context } from "hono";
import { sha256 } from "@apportion/domain/hash";
import { sendProblem } from "./problem.js";
import type { ExplorerApp } from "./question.js";

/** Where the build puts them: beside this file where it is built too, as a test reads it from elsewhere. */
const BUILT = new URL(import.meta.url.endsWith(".ts") ? "../dist/pages/" : "../pages/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** Names of files of the build hold a hash of what is in them. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** Of the API, of its OpenCost-shaped part, of assistants and of health: no page has such an address. */
const NO_PAGE = /^\/(api|assets|auth|allocation|mcp|livez|readyz|metrics)(\/|$)/;

/** A file of the pages, compressed once, when it is asked for first. */
interface Asset {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  brotli?: Promise<Uint8Array<ArrayBuffer>>;
  gzip?: Promise<Uint8Array<ArrayBuffer>>;
}

/** Answers what is asked of no API with the pages: each address is one of theirs, and what it means they read from it. */
export function answerPages(app: ExplorerApp): void {
  const index = existsSync(BUILT) ? assetAt("index.html") : undefined;
  const assets = new Map(
    index ? readdirSync(new URL("assets/", BUILT)).map((name) => [name, assetAt(`assets/${name}`)]) : [],
  );
  app.get("/assets/:name", async (c) => {
    const asset = assets.get(c.req.param("name"));
    return asset
      ? send(c, asset, FOR_EVER)
      : sendProblem(c, 404, "The pages have changed since they were opened; load them again");
  });
  app.notFound(async (c) => {
    const isPage = /^(GET|HEAD)$/.test(c.req.method) && !NO_PAGE.test(c.req.path);
    if (isPage && index) return send(c, index, "no-cache");
    return sendProblem(
      c,
      404,
      isPage
        ? "The pages are not built: npm run build. The API is described at /api/v1/openapi.json"
        : `There is nothing at ${c.req.path}; the API is described at /api/v1/openapi.json`,
    );
  });
}

function assetAt(path: string): Asset {
  const plain = new Uint8Array(readFileSync(new URL(path, BUILT)));
  return {
    type: TYPES[extname(path)] ?? "application/octet-stream",
    plain,
    etag: `"${sha256(plain).slice(0, 32)}"`,
  };
}

async function send(c: Context, asset: Asset, cacheControl: string): Promise<Response> {
  const headers = { etag: asset.etag, "cache-control": cacheControl, vary: "Accept-Encoding" };
  if (c.req.header("if-none-match")?.includes(asset.etag)) return c.body(null, 304, headers);
  const accepted = c.req.header("accept-encoding") ?? "";
  const packed = /\bbr\b/.test(accepted)
    ? { encoding: "br", body: await (asset.brotli ??= packBrotli(asset.plain)) }
    : /\bgzip\b/.test(accepted)
      ? { encoding: "gzip", body: await (asset.gzip ??= packGzip(asset.plain)) }
      : undefined;
  return c.body(packed?.body ?? asset.plain, 200, {
    ...headers,
    "content-type": asset.type,
    ...(packed && { "content-encoding": packed.encoding }),
  });
}

/** A quality that takes a blink, once; the highest would take seconds. */
async function packBrotli(plain: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  return new Uint8Array(await promisify(brotliCompress)(plain, options));
}

async function packGzip(plain: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await promisify(gzip)(plain));
}
