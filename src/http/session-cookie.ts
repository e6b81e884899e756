import type { Config } from "../core/config-schema.ts";

/** Encrypted up to here or up to the proxy before it: only then a browser keeps a Secure cookie. */
export const isEncrypted = ({ tls }: Config) => tls.mode !== "off" || tls.behind_proxy;
/** `__Host-`: no other host and no plain connection can set it (RFC 6265bis 4.1.3.2). */
const nameOf = (config: Config) => (isEncrypted(config) ? "__Host-relaypacs" : "relaypacs");

/** The Set-Cookie of a refresh token; script never sees it, and no other site sends it. */
export const sessionCookie = (config: Config, token: string, seconds: number): string =>
  [
    `${nameOf(config)}=${token}`,
    "Path=/",
    `Max-Age=${Math.max(0, Math.round(seconds))}`,
    "HttpOnly",
    "SameSite=Strict",
    ...(isEncrypted(config) ? ["Secure"] : []),
  ].join("; ");

export const clearedCookie = (config: Config): string => sessionCookie(config, "", 0);

/** The refresh token a request carries; "" where there is none. */
export function cookieToken(config: Config, request: Request): string {
  const start = `${nameOf(config)}=`;
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((it) => it.trim());
  return pairs.find((it) => it.startsWith(start))?.slice(start.length) ?? "";
}
