// The programs the black-box tests work against, and how they come onto the machine.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { run, tell } from "./setup.mjs";

/** `tests`: what is left out without it, by name. */
const needs = [
  { package: "orthanc", tests: "destinations against a real Orthanc", there: () => onPath("Orthanc") },
  {
    package: "orthanc-dicomweb",
    tests: "STOW-RS against Orthanc's DICOMweb",
    there: () =>
      ["/usr/share/orthanc/plugins", "/usr/lib/orthanc/plugins", "/usr/local/share/orthanc/plugins"].some((folder) =>
        existsSync(join(folder, "libOrthancDicomWeb.so")),
      ),
  },
  { package: "dcmtk", tests: "C-STORE against DCMTK", there: () => onPath("storescp") && onPath("dcmdump") },
  { package: "openssl", tests: "TLS, on both transports", there: () => onPath("openssl") },
  { package: "poppler-utils", tests: "pages of clinical notes", there: () => onPath("pdftotext") },
  {
    package: "chromium",
    tests: "the app in a browser",
    there: () => ["chromium", "chromium-browser", "google-chrome"].some(onPath),
  },
  {
    package: "libnss3-tools",
    tests: "a browser that trusts the box's authority alone",
    there: () => onPath("certutil"),
  },
  {
    package: "libfaketime",
    tests: "a clock that is set while the box runs",
    there: () =>
      existsSync(`/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketimeMT.so.1`),
  },
  { package: "firefox-esr", tests: "the app in Firefox", there: () => onPath("firefox-esr") },
  {
    package: "prometheus",
    tests: "metrics, alerts and dashboard",
    there: () => onPath("promtool") && onPath("prometheus"),
  },
  { package: "curl", tests: "the commands of docs/api.md", there: () => onPath("curl") },
  { package: "jq", tests: "the commands of docs/api.md", there: () => onPath("jq") },
  { package: "nginx", tests: "the box behind nginx", there: () => onPath("nginx") },
  { package: "caddy", tests: "the box behind Caddy", there: () => onPath("caddy") },
  { package: "shellcheck", tests: "install.sh", there: () => onPath("shellcheck") },
  {
    package: "systemd",
    tests: "installing and upgrading under systemd",
    there: () => onPath("systemd-analyze") && existsSync("/lib/systemd/systemd"),
  },
  { package: "dpkg", tests: "the Debian package", there: () => onPath("dpkg-deb") },
  { package: "iproute2", tests: "the app over bad lines", there: () => onPath("ip") && onPath("tc") },
  { package: "iptables", tests: "the app over bad lines", there: () => onPath("iptables") },
  { package: "ethtool", tests: "the app over bad lines", there: () => onPath("ethtool") },
  { package: "dicom3tools", tests: "made DICOM objects against dciodvfy", there: () => onPath("dciodvfy") },
  { package: "xfsprogs", tests: "power cuts", there: () => onPath("xfs_io") && onPath("mkfs.xfs") },
  { package: "e2fsprogs", tests: "power cuts and full disks on ext4", there: () => onPath("mkfs.ext4") },
];

/** What no package brings. */
const rights = [
  {
    tests: "power cuts and full disks (P2, P3, P16, P25)",
    remedy: "run it as root where loop devices can be mounted, in a container with --privileged",
    there: canMountLoop,
  },
  {
    tests: "the app over bad lines (P6, P7, P8)",
    remedy: "run it as root where network namespaces can be made, in a container with --privileged",
    there: canMakeNetworks,
  },
  {
    tests: "installing and upgrading under systemd",
    remedy: "run it as root where overlays can be mounted, in a container with --privileged",
    there: canHaveMachine,
  },
];

function canMakeNetworks() {
  const name = `relaypacs-${process.pid}-needs`;
  const ip = (...args) => onPath("ip") && spawnSync("ip", ["netns", ...args, name], { stdio: "ignore" }).status === 0;
  return ip("add") && ip("del");
}

function canMountLoop() {
  if (process.getuid?.() !== 0 || !onPath("mkfs.ext4")) return false;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-needs-"));
  const image = join(folder, "image");
  const target = join(folder, "disk");
  mkdirSync(target);
  writeFileSync(image, Buffer.alloc(4 * 1024 * 1024));
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const does = (command, ...args) =>
    spawnSync(command, args, { stdio: "ignore", env: { ...process.env, PATH: path } }).status === 0;
  const mounted = does("mkfs.ext4", "-q", "-F", image) && does("mount", "-t", "ext4", "-o", "loop", image, target);
  if (mounted) does("umount", "-l", target);
  rmSync(folder, { recursive: true, force: true });
  return mounted;
}

/** Mounts of its own over this machine's root, and processes of its own. */
function canHaveMachine() {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-needs-"));
  const script = `mount -t tmpfs tmpfs ${folder} && mkdir ${folder}/up ${folder}/work ${folder}/root &&
    mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/up,workdir=${folder}/work ${folder}/root`;
  const { status } = spawnSync("unshare", ["-fpmiu", "sh", "-c", script], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}

/** On the path, or where Debian puts servers. */
function onPath(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function aptWorks() {
  if (process.getuid?.() !== 0 || !onPath("apt-get")) return false;
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** Servers that a package starts would listen beside the ones the tests start on ports of their own. */
function stopServices() {
  for (const service of ["orthanc", "prometheus", "nginx", "caddy"])
    spawnSync("service", [service, "stop"], { stdio: "ignore" });
}

/** Installs what is missing where that works, and answers what is still missing, each with the line that mends it. */
export function ensureNeeds() {
  const missing = () => needs.filter((need) => !need.there());
  const first = missing().map((need) => need.package);
  if (first.length > 0 && aptWorks()) {
    tell(`The tests need ${first.join(", ")}; installing with apt-get ...`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const quiet = { env, stdio: ["ignore", "ignore", 2] };
    run("apt-get", ["update", "-qq"], quiet);
    const install = (packages) =>
      run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet) === 0;
    // one name that a distribution does not know fails them all: then each by itself
    if (install(first) || first.map((one) => install([one])).includes(true)) stopServices();
  }
  const lacking = missing().map((need) => ({ ...need, remedy: `install it with  apt-get install ${need.package}` }));
  return [...lacking, ...rights.filter((right) => !right.there())];
}
