import type { DestinationConfig } from "../core/config-schema.ts";

/** Where a destination lies, in one word; an address without a user's name or password. */
export function addressOf(config: DestinationConfig): string {
  if (config.kind === "folder") return config.path;
  if (config.kind === "c-store") return `${config.called_ae_title}@${config.host}:${config.port}`;
  const url = URL.parse(config.url);
  return url === null ? "" : url.origin + url.pathname; // what cannot be read may hold a password anywhere
}
