import type { TrustView } from "./page.ts";

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
/** The same profile has the same id: installed again, it replaces itself. */
const uuid = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5").toUpperCase();

/** An Apple configuration profile with the authority as a trusted root (com.apple.security.root). */
export function mobileconfig({ der, sha256, name }: NonNullable<TrustView["authority"]>, siteName: string): string {
  const data = Buffer.from(der).toString("base64");
  const text = (key: string, value: string) => `<key>${key}</key><string>${escaped(value)}</string>`;
  const common = (type: string, id: string, hex: string, shown: string) =>
    text("PayloadType", type) +
    text("PayloadIdentifier", `relaypacs.${id}.${sha256.slice(0, 16)}`) +
    text("PayloadUUID", uuid(hex)) +
    text("PayloadDisplayName", shown) +
    "<key>PayloadVersion</key><integer>1</integer>";
  const root =
    common("com.apple.security.root", "authority", sha256.slice(32), name) +
    text("PayloadCertificateFileName", "relaypacs-ca.crt") +
    `<key>PayloadContent</key><data>${data}</data>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>${common("Configuration", "trust", sha256, siteName)}<key>PayloadContent</key><array><dict>${root}</dict></array></dict></plist>
`;
}
