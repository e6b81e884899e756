import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : undefined);

/**
 * What works by cookie is answered to this box's own pages alone; a client that is no browser sends no Origin.
 * @throws RelayError forbidden
 */
export function requireOwnOrigin({ headers }: Request, config: Config): void {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") throw new RelayError("forbidden");
  const origin = headers.get("origin");
  if (origin === null) return;
  const own = [
    headers.get("host"),
    config.tls.behind_proxy ? headers.get("x-forwarded-host") : null,
    hostOf(config.public_url),
  ];
  const host = hostOf(origin);
  if (host === undefined || !own.includes(host)) throw new RelayError("forbidden");
}
