/** As far as it is used here; only Chromium has it. */
interface TrustedTypes {
  createPolicy(name: "default", rules: { createScriptURL(url: string): string }): unknown;
}

/**
 * Lets script be loaded from this box's own address and from nowhere else (T12; CSP require-trusted-types-for): workers and
 * the service worker are named by plain strings. There is no rule for markup or code, so neither can be made from a string.
 */
export function trustOwnScripts(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createScriptURL: (url) => {
      if (new URL(url, location.href).origin !== location.origin) throw new TypeError("not a script of this box");
      return url;
    },
  });
}
