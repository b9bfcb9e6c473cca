import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { EngineError } from "./engine-error.js";

export interface Account {
  readonly username: string;
  readonly password: string;
  readonly readOnly: boolean;
}

/**
 * Who asks: basic authentication, `X-ClickHouse-User` and `X-ClickHouse-Key`, or `user` and `password` in the URL.
 *
 * @throws EngineError 194 without credentials, 516 with wrong ones; which part was wrong stays unsaid
 */
export function authenticate(
  accounts: readonly Account[],
  request: IncomingMessage,
  url: URLSearchParams,
): Account {
  const given = basic(request) ?? keyed(request) ?? inUrl(url);
  if (!given) {
    throw new EngineError(
      194,
      "REQUIRED_PASSWORD",
      "Authentication is required: user and password are missing",
    );
  }
  const account = accounts.find(
    (one) => same(one.username, given.username) && same(one.password, given.password),
  );
  if (account) return account;
  throw new EngineError(516, "AUTHENTICATION_FAILED", "Authentication failed: user or password is incorrect");
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

function basic(request: IncomingMessage): Credentials | undefined {
  const match = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "");
  if (!match?.[1]) return undefined;
  const text = Buffer.from(match[1], "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function keyed(request: IncomingMessage): Credentials | undefined {
  const username = request.headers["x-clickhouse-user"];
  const password = request.headers["x-clickhouse-key"] ?? "";
  if (typeof username !== "string" || typeof password !== "string") return undefined;
  return { username, password };
}

function inUrl(url: URLSearchParams): Credentials | undefined {
  const username = url.get("user");
  return username === null ? undefined : { username, password: url.get("password") ?? "" };
}

/** Compares in a time that says nothing about where the texts differ. */
function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
