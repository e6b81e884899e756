/** Only this box, no inline code or style, no frames. `blob:` and `data:` are pictures the page makes itself. */
const strict = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Markup and code are made by Lit's templates alone, never from a string (T12); web/core/trusted-types.ts has the default policy.
  "require-trusted-types-for 'script'",
  "trusted-types lit-html default",
].join("; ");
/** Swagger's page makes markup of strings, which it cleans by DOMPurify first; docs-page/start.js has its default policy. */
const documentation = strict.replace("trusted-types lit-html default", "trusted-types dompurify default");

/** The camera is asked for by the file input alone; nothing else of the device is needed but to keep its screen on. */
const permissions = "camera=(self), screen-wake-lock=(self), geolocation=(), microphone=(), payment=(), usb=()";

/** Half a year; ignored by browsers on addresses, and where the certificate is not trusted (RFC 6797 8.1). */
const onlyEncrypted = { "strict-transport-security": "max-age=15552000" };

/** Headers of every answer, errors included. @param encrypted up to here, or up to the proxy before the box */
export const securityHeaders = (path: string, encrypted = false): Record<string, string> => ({
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": permissions,
  "content-security-policy": path === "/docs" || path.startsWith("/docs/") ? documentation : strict,
  ...(encrypted ? onlyEncrypted : {}),
});
