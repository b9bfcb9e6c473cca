import type { IHeaders, KafkaMessage } from "kafkajs";
import type { ReceivedMessage } from "../log.js";
import "./many-headers.js";

/** A record as the port has it. Header values are text; of a repeated header the last counts. */
export function toReceived(topic: string, partition: number, message: KafkaMessage): ReceivedMessage {
  return {
    topic,
    key: message.key?.toString() ?? "",
    headers: headersOf(message.headers ?? {}),
    value: message.value ?? new Uint8Array(0),
    position: { topic, partition, offset: message.offset },
  };
}

function headersOf(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, last?.toString() ?? ""];
    }),
  );
}
