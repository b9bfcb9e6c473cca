import type { EventLog } from "../log.js";
import { fromWire, QUESTIONS, receivedToWire, type LogQuestion } from "./wire.js";

export function isLogQuestion(name: string): name is LogQuestion {
  return Object.hasOwn(QUESTIONS, name);
}

/**
 * Answers `remote-log.ts`: whoever works beside the process that holds an embedded log. Who asks must have been checked.
 * @param asked what was sent, not looked at yet @throws ZodError where that is no such question
 */
export async function answerLog(log: EventLog, name: LogQuestion, asked: unknown): Promise<Response> {
  switch (name) {
    case "publish":
      await log.publish(QUESTIONS.publish.parse(asked).map(fromWire));
      return Response.json(null);
    case "replay": {
      const { topic, options } = QUESTIONS.replay.parse(asked);
      const { partition, from } = options;
      return new Response(
        lines(
          log.replay(topic, {
            ...(partition !== undefined && { partition }),
            ...(from !== undefined && { from }),
          }),
        ),
      );
    }
    case "read": {
      const found = await log.read(QUESTIONS.read.parse(asked));
      return Response.json(found ? receivedToWire(found) : null);
    }
    case "lag": {
      const { group, topics } = QUESTIONS.lag.parse(asked);
      return Response.json(await log.lag(group, topics));
    }
    case "committed": {
      const { group, topics } = QUESTIONS.committed.parse(asked);
      return Response.json(await log.committed(group, topics));
    }
    case "ends":
      return Response.json(await log.ends(QUESTIONS.ends.parse(asked)));
  }
}

/** A message at a time, and the next when that is taken: the log is not read into memory for who reads slowly. */
function lines(messages: ReturnType<EventLog["replay"]>): ReadableStream<Uint8Array> {
  const iterator = messages[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(receivedToWire(value))}\n`));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
