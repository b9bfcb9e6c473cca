import { addAbortSignal, type Readable } from "node:stream";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { ProxyAgent } from "./agent.js";

export interface HttpLimits {
  /** For connecting, the headers and the whole body together. */
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

/** An answer that never ends, or is not what was asked for: the next one would be as large. */
export class AnswerTooLargeError extends Error {
  override readonly name = "AnswerTooLarge";
}

type Handle = NodeHttpHandler["handle"];

/** The SDK's own limits end with the headers of an answer, and it reads a body of any size: these hold for all of it. */
export class LimitedHttpHandler extends NodeHttpHandler {
  readonly #limits: HttpLimits;

  constructor(limits: HttpLimits, agent: ProxyAgent) {
    super({ connectionTimeout: limits.timeoutMs, httpAgent: agent, httpsAgent: agent });
    this.#limits = limits;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const { timeoutMs, responseBytesMax } = this.#limits;
    const deadline = AbortSignal.timeout(timeoutMs);
    const asked = options?.abortSignal as AbortSignal | undefined;
    const signal = asked ? AbortSignal.any([asked, deadline]) : deadline;
    try {
      const { response } = await super.handle(request, { ...options, abortSignal: signal });
      response.body = await wholeBody(addAbortSignal(signal, response.body as Readable), responseBytesMax);
      return { response };
    } catch (error) {
      // The name is one of those after which the SDK tries again.
      if (deadline.aborted)
        throw Object.assign(new Error(`There was no whole answer within ${timeoutMs} ms`, { cause: error }), {
          name: "TimeoutError",
        });
      throw error;
    }
  }
}

async function wholeBody(body: Readable, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax)
      throw new AnswerTooLargeError("The answer has more bytes than aws.responseBytesMax allows");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
