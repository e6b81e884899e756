import { readFileSync } from "node:fs";
import type { ClientTlsConfig } from "../core/config-schema.ts";
import { DestinationError } from "./destination.ts";

/**
 * The PEM texts of the files that a tls section names; a self-signed certificate of the peer goes into `ca`. Read for each
 * connection, so that a renewed certificate counts without a restart.
 * @throws DestinationError destination_tls_failed
 */
export function tlsFiles(config: ClientTlsConfig): { ca?: string; cert?: string; key?: string } {
  try {
    const files = Object.entries(config).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path, "utf8")]));
  } catch (cause) {
    const message = "A certificate file named in the destination's tls section cannot be read.";
    throw new DestinationError("destination_tls_failed", message, false, { cause });
  }
}
