import { renderSVG } from "uqr";
import { securityHeaders } from "../security-headers.ts";
import { mobileconfig } from "./mobileconfig.ts";
import { type TrustView, trustPage } from "./page.ts";
import { languageOf } from "./words.ts";

/** Below `/trust`, by path; the page's style and script are files of the app. */
export const trustPaths = ["/trust", "/trust/ca.crt", "/trust/relaypacs.mobileconfig", "/trust/qr.svg", "/trust/probe"];

const file = (body: Uint8Array<ArrayBuffer> | string, type: string, name: string): Response =>
  new Response(body, { headers: { "content-type": type, "content-disposition": `attachment; filename="${name}"` } });

const answers: Readonly<Record<string, (view: TrustView, request: Request) => Response | null>> = {
  "/trust": (view, request) => {
    const headers = new Headers({ "content-type": "text/html; charset=utf-8", vary: "accept-language" });
    // The probe asks the box by https from the page that came without.
    const policy = securityHeaders("/trust")["content-security-policy"] ?? "";
    headers.set(
      "content-security-policy",
      policy.replace("connect-src 'self'", `connect-src 'self' ${view.secureOrigin}`),
    );
    return new Response(trustPage(view, languageOf(request)), { headers });
  },
  "/trust/ca.crt": ({ authority }) =>
    authority === null ? null : file(authority.der, "application/x-x509-ca-cert", "relaypacs-ca.crt"),
  "/trust/relaypacs.mobileconfig": ({ authority, siteName }) =>
    authority === null
      ? null
      : file(mobileconfig(authority, siteName), "application/x-apple-aspen-config", "relaypacs.mobileconfig"),
  "/trust/qr.svg": ({ address }) =>
    new Response(renderSVG(address, { border: 2 }), { headers: { "content-type": "image/svg+xml" } }),
  // Says nothing but that the connection came about; it has to be readable from the page that came without encryption.
  "/trust/probe": () =>
    new Response(null, { status: 204, headers: { "cross-origin-resource-policy": "cross-origin" } }),
};

/** Answers a path of `trustPaths`; null where there is nothing of that kind. */
export const trustAnswer = (path: string, view: TrustView, request: Request): Response | null =>
  answers[path]?.(view, request) ?? null;
