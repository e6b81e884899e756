import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { fill, type Release, shell } from "./pack.ts";

const root = join(import.meta.dir, "../..");
const scripts = ["preinst", "postinst", "prerm", "postrm"];

/** Debian's names of the targets; a package is one for all machines of its kind, so that x64 takes the one for any processor. */
export const debianTargets: Readonly<Record<string, "amd64" | "arm64">> = {
  "linux-x64-baseline": "amd64",
  "linux-arm64": "arm64",
};

/** Where each file of the archive lies in the package (FHS 3.0); folders go as they are. */
const places: Readonly<Record<string, string>> = {
  relaypacs: "usr/lib/relaypacs/relaypacs",
  "as-service": "usr/lib/relaypacs/as-service",
  "relaypacs.service": "usr/lib/systemd/system/relaypacs.service",
  "relaypacs.toml": "usr/share/relaypacs/relaypacs.toml",
  profiles: "usr/share/relaypacs/profiles",
  monitoring: "usr/share/relaypacs/monitoring",
  "completions/relaypacs.bash": "usr/share/bash-completion/completions/relaypacs",
  "relaypacs.1": "usr/share/man/man1/relaypacs.1",
  licences: "usr/share/doc/relaypacs/licences",
  "sbom.cdx.json": "usr/share/doc/relaypacs/sbom.cdx.json",
};

/** A pre-release comes before its release in Debian's order by a tilde (deb-version(7)). */
const debianVersion = (version: string): string => version.replaceAll("-", "~");

/**
 * Packs the executable of one target as `relaypacs_VERSION_ARCHITECTURE.deb`, from the files of the archive; the same bytes each time.
 * Needs dpkg-deb. @returns the file's path
 */
export function packDeb(release: Release, architecture: string, executable: string): string {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-deb-"));
  const version = debianVersion(release.version);
  const file = join(release.out, `relaypacs_${version}_${architecture}.deb`);
  try {
    const [files, tree] = [join(folder, "files"), join(folder, "tree")];
    for (const made of [files, join(tree, "DEBIAN"), release.out]) mkdirSync(made, { recursive: true });
    fill(files, executable, release);
    for (const [name, place] of Object.entries(places)) {
      mkdirSync(dirname(join(tree, place)), { recursive: true });
      renameSync(join(files, name), join(tree, place));
    }
    finish(tree, version, release.epoch);
    writeFileSync(join(tree, "DEBIAN/control"), control(version, architecture, tree));
    for (const name of scripts) copyFileSync(join(root, "packaging/debian", name), join(tree, "DEBIAN", name));
    shell(["chmod", "-R", "u=rwX,go=rX", tree]);
    shell(["chmod", "755", ...scripts.map((name) => join(tree, "DEBIAN", name))]);
    const effort = `-z${release.effort ?? 9}`;
    shell(["dpkg-deb", "--root-owner-group", "-Zgzip", effort, "--build", tree, file], {
      SOURCE_DATE_EPOCH: String(release.epoch), // times of the files, too: none is newer
    });
    return file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Debian wants that the archive does not have: the unit's path, a command on the path, gzip, copyright and changelog. */
function finish(tree: string, version: string, epoch: number): void {
  const unit = join(tree, places["relaypacs.service"] ?? "");
  writeFileSync(
    unit,
    readFileSync(unit, "utf8").replace("/opt/relaypacs/current/relaypacs", "/usr/lib/relaypacs/relaypacs"),
  );
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  symlinkSync("../lib/relaypacs/relaypacs", join(tree, "usr/bin/relaypacs"));
  const page = join(tree, places["relaypacs.1"] ?? "");
  writeFileSync(`${page}.gz`, gzipSync(readFileSync(page), { level: 9 }));
  rmSync(page);
  const doc = join(tree, "usr/share/doc/relaypacs");
  copyFileSync(join(root, "packaging/debian/copyright"), join(doc, "copyright"));
  mkdirSync(join(tree, "usr/share/lintian/overrides"), { recursive: true });
  copyFileSync(join(root, "packaging/debian/lintian-overrides"), join(tree, "usr/share/lintian/overrides/relaypacs"));
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  const entry = `relaypacs (${version}) stable; urgency=medium\n\n  * Version ${version}.\n\n -- ${maintainer}  ${date}\n`;
  writeFileSync(join(doc, "changelog.gz"), gzipSync(entry, { level: 9 }));
}

const maintainer = "RelayPACS <relaypacs@packages.invalid>";

function control(version: string, architecture: string, tree: string): string {
  const size = Math.ceil(statSync(join(tree, places.relaypacs ?? "")).size / 1024);
  return `Package: relaypacs
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Section: net
Priority: optional
Depends: adduser, init-system-helpers (>= 1.54), libc6 (>= 2.17)
Recommends: systemd, ca-certificates
Installed-Size: ${size}
Description: gets imaging studies into the PACS, completely and provably
 Takes imaging studies over HTTP (resumable upload), unpacks and checks them,
 forwards them to one or several PACS (STOW-RS, Orthanc, C-STORE, a folder) and
 says delivered only when the receiver has confirmed every instance.
 .
 One executable with everything inside; nothing else has to run.
`;
}
