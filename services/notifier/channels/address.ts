import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** A webhook whose name is, or resolves to, an address that nobody outside may have us call. */
export class PrivateAddressError extends Error {
  override readonly name = "PrivateAddressError";
  readonly code = "channel.privateAddress";
}

/** Whether an address, IPv4 in IPv6 notation included, is one that all the world can reach. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === "unicast";
}

/**
 * Resolves a name once, for the connection that is made to what it resolved to: a name that says something else the next time is of no use. All
 * of its addresses have to be public, since any of them may be connected to.
 */
export const publicAddresses: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, "");
    const inside = found.find(({ address }) => !isPublic(address));
    const [first] = found;
    if (inside) return callback(refusal(inside.address), "");
    if (options.all === true) return callback(null, found);
    callback(null, first?.address ?? "", first?.family);
  });
};

/** An address that is written out is not looked up. @throws PrivateAddressError */
export function requirePublicHost({ hostname }: URL): void {
  const address = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(address) && !isPublic(address)) throw refusal(address);
}

function refusal(address: string): PrivateAddressError {
  return new PrivateAddressError(
    `it is at ${address}, which is no public address; allowPrivate lets it be called all the same`,
  );
}
