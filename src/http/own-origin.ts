import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import { isFromProxy, type SocketServer } from "./client-address.ts";

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : undefined);

/** What works by cookie, or gives one: sign-in, set-up, a scanned code. */
const byCookie = /^\/(auth\/.+|setup|invitations\/redeem)$/;
const changes = (method: string) => method !== "GET" && method !== "HEAD";

/**
 * What works by cookie is answered to this box's own pages alone (T11); a client that is no browser sends no Origin.
 * @throws RelayError forbidden
 */
export function requireOwnOrigin(request: Request, path: string, server: SocketServer | null, config: Config): void {
  if (!byCookie.test(path) || !changes(request.method)) return;
  const { headers } = request;
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") throw new RelayError("forbidden");
  const origin = headers.get("origin");
  if (origin === null) return;
  const forwarded = isFromProxy(request, server, config) ? headers.get("x-forwarded-host") : null;
  const own = [headers.get("host"), forwarded, hostOf(config.public_url)];
  const host = hostOf(origin);
  if (host === undefined || !own.includes(host)) throw new RelayError("forbidden");
}
