import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awsConfig } from "@apportion/aws/config";
import { parseDay } from "@apportion/domain/period";
import { Secret } from "@apportion/runtime/secret";
import { createBucketClient } from "./buckets.js";
import { s3Config } from "./config.js";
import { newestObjects, newestSizes, STORAGE_CLASSES } from "./sizes.js";

const [OWN, OTHER] = ["111122223333", "444455556666"];
const ROLE = `arn:aws:iam::${OTHER}:role/apportion`;
const TODAY = parseDay("2026-11-24");

let server: Server;
let url: string;
beforeEach(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { status = 200, xml } = answer(request, body);
      response.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>${xml}`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(() => void server.close());

/** S3 as two accounts see it, and STS, which knows one role. */
function answer(
  { method, url: path = "", headers }: IncomingMessage,
  body: string,
): { status?: number; xml: string } {
  if (method === "POST" && body.includes("Action=AssumeRole") && body.includes(encodeURIComponent(ROLE)))
    return {
      xml: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>role</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    };
  const isRole = headers.authorization?.includes("Credential=role/");
  const { pathname, searchParams } = new URL(path, url);
  const bucket = pathname.replaceAll("/", "");
  if (bucket === "") return { xml: listed(isRole ? ["elsewhere"] : ["open", "locked", "untagged"]) };
  if (bucket === "locked")
    return { status: 403, xml: "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>" };
  if (!searchParams.has("tagging")) return { xml: "<LocationConstraint/>" };
  if (bucket === "untagged")
    return { status: 404, xml: "<Error><Code>NoSuchTagSet</Code><Message>none</Message></Error>" };
  return { xml: "<Tagging><TagSet><Tag><Key>team</Key><Value>fraud</Value></Tag></TagSet></Tagging>" };
}

function listed(names: readonly string[]): string {
  const buckets = names.map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join("");
  return `<ListAllMyBucketsResult><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`;
}

const inventory = async (account: string): ReturnType<ReturnType<typeof createBucketClient>["inventory"]> => {
  const key = new Secret("key");
  const aws = awsConfig.parse({
    accounts: [OWN, OTHER],
    s3Endpoint: url,
    stsEndpoint: url,
    credentials: { accessKeyId: key, secretAccessKey: key },
    attemptsMax: 1,
  });
  const client = createBucketClient(aws, s3Config.parse({ roles: { [OTHER]: ROLE } }), account);
  return client.inventory(TODAY, AbortSignal.timeout(20_000));
};

describe("an inventory of buckets", () => {
  it("has the bucket that lets nobody look, with its tag unknown and not untagged, and all the others", async () => {
    expect(await inventory(OWN)).toEqual([
      { bucket: "open", region: "us-east-1", team_label: "fraud" },
      { bucket: "locked", region: "", team_label: "", tag_status: "unknown" },
      { bucket: "untagged", region: "us-east-1", team_label: "" },
    ]);
  });

  it("of another account is read in its role", async () => {
    expect(await inventory(OTHER)).toEqual([
      { bucket: "elsewhere", region: "us-east-1", team_label: "fraud" },
    ]);
  });

  it("has the newest sizes with their day, since they are told a day late", () => {
    const at = (text: string): Date => new Date(text);
    const days = [at("2026-11-21T00:00:00Z"), at("2026-11-22T00:00:00Z")];
    const results = [
      { Id: "m0", Timestamps: days, Values: [1, 2] },
      { Id: "m6", Timestamps: days.toReversed(), Values: [0, 4] },
      { Id: "m1", Timestamps: [], Values: [] },
      { Id: "objects", Timestamps: days, Values: [7, 8.4] },
    ];
    expect(newestObjects(results)).toBe(8);
    expect(newestObjects(results.slice(0, 3))).toBeUndefined();
    expect(newestSizes(results)).toEqual([
      { storageClass: STORAGE_CLASSES[0], bytes: 2, day: "2026-11-22" },
      { storageClass: STORAGE_CLASSES[6], bytes: 0, day: "2026-11-22" },
    ]);
  });
});
