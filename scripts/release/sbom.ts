import { readFileSync } from "node:fs";
import { join } from "node:path";

interface LockFile {
  /** "name@version", where from, what it needs, integrity. */
  readonly packages: Record<string, readonly [string, string?, { optionalPeers?: string[] }?, string?]>;
  readonly workspaces: { readonly "": { readonly dependencies?: Record<string, string> } };
}

/** What bun.lock pins, as it is: JSON with trailing commas. */
export const readLock = (root: string): LockFile =>
  JSON.parse(readFileSync(join(root, "bun.lock"), "utf8").replace(/,(?=\s*[}\]])/g, "")) as LockFile;

/**
 * The bill of materials of the executable: CycloneDX 1.5, every package of the lock file, with Bun and 7-Zip.
 * @param timestamp RFC 3339, of the commit, so that two builds make the same file
 */
export function billOfMaterials(root: string, version: string, timestamp: string): string {
  const components = Object.entries(readLock(root).packages).map(([, [named, , , integrity]]) => {
    const at = named.lastIndexOf("@");
    const [name, release] = [named.slice(0, at), named.slice(at + 1)];
    return {
      type: "library",
      "bom-ref": `pkg:npm/${name.replace("@", "%40")}@${release}`,
      name,
      version: release,
      purl: `pkg:npm/${name.replace("@", "%40")}@${release}`,
      ...licenceOf(root, name),
      ...(integrity?.startsWith("sha512-")
        ? { hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.slice(7), "base64").toString("hex") }] }
        : {}),
    };
  });
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp,
      component: {
        type: "application",
        "bom-ref": "relaypacs",
        name: "relaypacs",
        version,
        licenses: licences("Apache-2.0"),
      },
    },
    components: components.sort((a, b) => a.purl.localeCompare(b.purl, "en")),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const licences = (id: string) => [/^[A-Za-z0-9.+-]+$/.test(id) ? { license: { id } } : { expression: id }];

function licenceOf(root: string, name: string) {
  try {
    const { license } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as {
      license?: unknown;
    };
    return typeof license === "string" && license !== "SEE LICENSE IN LICENSE.md"
      ? { licenses: licences(license) }
      : {};
  } catch {
    return {}; // of another platform, not installed here
  }
}
