import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testPassword } from "../../test/support/box.ts";
import { freePort } from "../../test/support/child.ts";
import { type Client, signIn } from "../../test/support/client.ts";
import { startDebianRoot } from "../../test/support/debian-root.ts";
import { pack, signRelease } from "../release/pack.ts";

const root = join(import.meta.dir, "../..");
const target = `linux-${process.arch === "arm64" ? "arm64" : "x64"}`;
const stick = "/media/usb";
const config = (port: number) => `listen = "127.0.0.1:${port}"
tls.mode = "off"
[auth]
require_totp_for = []
[limits]
requests_per_minute = 1000000
max_open_uploads_per_user = 10000
[[destination]]
id = "folder"
kind = "folder"
path = "received"
`;

/** A Debian with a systemd of its own and a stick of releases, on which install.sh is run. */
export interface InstalledBox {
  readonly url: string;
  /** Puts a version on the stick; all of them lie in one folder. */
  release(version: string, executable: string): void;
  /** Runs install.sh with these options; answers its exit code and all it said. */
  install(...options: string[]): Promise<{ readonly code: number | null; readonly said: string }>;
  /** The version that answers. */
  version(): Promise<string>;
  /** The first administrator, by the code that install.sh printed. */
  setUp(said: string): Promise<Client>;
  /** Whether a path of it is there. */
  has(path: string): boolean;
  end(): Promise<void>;
}

export async function startInstalledBox(): Promise<InstalledBox> {
  const machine = await startDebianRoot();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  mkdirSync(machine.path("/etc/relaypacs"), { recursive: true });
  writeFileSync(machine.path("/etc/relaypacs/relaypacs.toml"), config(port));
  return {
    url,
    release: (version, executable) => {
      const out = machine.path(stick);
      pack({ version, epoch: 1_780_000_000, out, effort: 1 }, target, executable);
      signRelease(out, key.export({ type: "sec1", format: "pem" }).toString());
    },
    install: async (...options) => {
      const { code, stdout, stderr } = await machine.run(["sh", `${stick}/install.sh`, "--yes", ...options]);
      return { code, said: `${stdout}${stderr}` };
    },
    version: async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return /^relaypacs_info\{version="([^"]+)"\}/m.exec(text)?.[1] ?? "";
    },
    setUp: async (said) => {
      const [code = ""] = /[A-Z2-7]{4}(-[A-Z2-7]{4}){3}/.exec(said) ?? [];
      const body = JSON.stringify({ code, username: "head", password: testPassword });
      const made = await fetch(`${url}/setup`, { method: "POST", body });
      if (made.status !== 201) throw new Error(`the set-up code makes no administrator: ${made.status}`);
      return signIn(() => url, "head", testPassword);
    },
    has: (path) => existsSync(machine.path(path)),
    end: machine.end,
  };
}

/** An executable that calls itself by that version. @returns its path */
export function buildVersion(version: string): string {
  const made = Bun.spawnSync([process.execPath, "build.ts", "--version", version], { cwd: root });
  if (made.exitCode !== 0) throw new Error(`build ${version}: ${made.stderr.toString()}`);
  return join(root, "dist", `relaypacs-${version}`);
}

/** Where install.sh puts a version. */
export const executableOf = (version: string) => `/opt/relaypacs/releases/${version}/relaypacs`;

/** Writes a release's executable that begins to serve and never says that it does; all else it leaves to a sound one. */
export function writeHanging(path: string, sound: string): string {
  writeFileSync(path, `#!/bin/sh\ncase "$1" in serve) exec sleep 1000 ;; esac\nexec ${sound} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
