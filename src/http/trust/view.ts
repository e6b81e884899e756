import type { Config } from "../../core/config-schema.ts";
import { isLoopback } from "../../core/listen.ts";
import { publicHost } from "../../tls/names.ts";
import type { Serving } from "../../tls/serving.ts";
import type { WebFiles } from "../web-app.ts";
import type { TrustView } from "./page.ts";

/** Ports as they are bound; null where nothing listens so. */
export interface Ports {
  readonly secure: number | null;
  readonly plain: number | null;
}

const inUrl = (host: string) => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
const origin = (scheme: "http" | "https", host: string, port: number) =>
  new URL(`${scheme}://${inUrl(host)}:${port}`).origin;

/** A name by which other devices reach the box: never "localhost", on which the person may sit. */
function farName(asked: string, config: Config, { own }: Serving): string {
  if (!isLoopback(asked.replace(/^\[|\]$/g, ""))) return asked;
  const far = own?.names.addresses.find((it) => !isLoopback(it) && !it.startsWith("fe80") && it.includes("."));
  return publicHost(config) || far || asked;
}

/** What `/trust` shows to this request. */
export function trustView(
  request: Request,
  deps: { config: Config; serving: Serving; ports: Ports; files: WebFiles },
): TrustView {
  const { config, serving, ports, files } = deps;
  const { hostname, host } = new URL(request.url);
  const far = farName(hostname, config, serving);
  const here = ports.secure === null ? "" : origin("https", hostname, ports.secure);
  const address =
    ports.plain !== null
      ? origin("http", far, ports.plain)
      : ports.secure !== null
        ? origin("https", far, ports.secure)
        : config.public_url.replace(/\/+$/, "") || `http://${host}`;
  return {
    siteName: config.site_name,
    authority: serving.own?.authority ?? null,
    secureOrigin: here,
    address: `${address}/trust`,
    stylesheet: [...files.keys()].find((it) => /^\/assets\/styles-\w+\.css$/.test(it)) ?? "",
  };
}
