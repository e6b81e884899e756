import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeStudy } from "../../test/faults/made-study.ts";
import { writeBroken } from "../../test/support/broken-release.ts";
import type { Client } from "../../test/support/client.ts";
import { sendHalf } from "../../test/support/half-sent.ts";
import { buildVersion, executableOf, type InstalledBox, startInstalledBox, writeHanging } from "./installed-box.ts";
import { startProbes } from "./probes.ts";
import { most, type Outcome, seconds, tell } from "./promise.ts";

/** Two builds that differ in their version; upgrades go to and fro between them. */
const versions = ["0.1.1", "0.1.2"] as const;

export interface Installed {
  /** Upgrades in the middle of an upload, each of which then went on and was delivered. */
  readonly upgrades: number;
  /** How long each look of the 1 Hz probe was on its way meanwhile, milliseconds; Infinity: not within its second. */
  readonly took: readonly number[];
  readonly refused: readonly number[];
  /** What was shown, in the order in which it happened. */
  readonly steps: readonly string[];
}

/**
 * The way of a box through install.sh on a Debian of its own with a real systemd: install, set-up code, user, upload, delivered,
 * upgrades during an upload, one that does not come up, uninstall, purge. @throws Error at the first step that is not as it should be
 */
export async function installed(upgrades: number): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-install-proof-"));
  const steps: string[] = [];
  const step = (what: string, holds: boolean, said = "") => {
    if (!holds) throw new Error(`${what}: no. ${said.slice(-300)}`);
    if (!steps.includes(what)) steps.push(what);
  };
  const built = versions.map((version) => buildVersion(version));
  const box = await startInstalledBox();
  try {
    for (const [index, version] of versions.entries()) box.release(version, built[index] ?? "");
    const first = await box.install("--version", versions[0]);
    step("installed", first.code === 0, first.said);
    const client = await box.setUp(first.said);
    step("set up by the code", (await box.version()) === versions[0]);
    step("delivered", (await client.send(madeStudy(2).files)).state === "delivered");
    const same = await box.install("--version", versions[0]);
    step("the same version again: nothing to do", same.code === 0 && same.said.includes("nothing to do"), same.said);

    const probes = startProbes(box.url);
    try {
      for (let at = 1; at <= upgrades; at++) {
        const version = versions[at % 2] ?? versions[0];
        await throughAnUpload(client, async () => {
          const { code, said } = await box.install("--version", version);
          step("upgraded", code === 0 && (await box.version()) === version, said);
        });
        step("uploads went on", true);
        if (at % 5 === 0) tell(`  ${at} of ${upgrades} upgrades`);
      }
    } finally {
      await probes.stop();
    }
    await fallsBack(box, client, versions[upgrades % 2] ?? versions[0], folder, step);
    await goes(box, client, step);
    return { upgrades, took: probes.took, refused: probes.refused, steps };
  } finally {
    await box.end();
    rmSync(folder, { recursive: true });
    for (const path of built) rmSync(path, { force: true });
  }
}

type Step = (what: string, holds: boolean, said?: string) => void;

/** Has something happen between two chunks of an upload, which has to be delivered whole. */
async function throughAnUpload(client: Client, meanwhile: () => Promise<void>): Promise<void> {
  const half = await sendHalf(client, madeStudy(1, 60_000).files[0]?.bytes ?? new Uint8Array());
  await meanwhile();
  const { uploaded_bytes } = await client.status(half.uploadId);
  if (uploaded_bytes !== half.sentBytes) throw new Error(`${uploaded_bytes} bytes are left of ${half.sentBytes}`);
  await half.rest();
}

async function fallsBack(box: InstalledBox, client: Client, before: string, folder: string, step: Step): Promise<void> {
  box.release("0.9.0", writeBroken(join(folder, "broken"), executableOf(before)));
  await throughAnUpload(client, async () => {
    const { code, said } = await box.install("--version", "0.9.0");
    const back = code === 1 && said.includes(`${before} runs as before`) && (await box.version()) === before;
    step("a version that does not come up rolled back, database and all", back, said);
  });
  box.release("0.9.1", writeHanging(join(folder, "hanging"), executableOf(before)));
  await throughAnUpload(client, async () => {
    const { code, said } = await box.install("--version", "0.9.1");
    const back = code === 1 && said.includes(`${before} runs as before`) && (await box.version()) === before;
    step("one that is not ready within 60 s, too", back, said);
  });
}

async function goes(box: InstalledBox, client: Client, step: Step): Promise<void> {
  const open = await client.init({ total_files: 1, total_size_bytes: 10 });
  const refused = await box.install("--uninstall", "--purge");
  step("purge refused while a study is undelivered", refused.code === 1, refused.said);
  await client.request("DELETE", `/upload/${open.upload_id}`);
  const removed = await box.install("--uninstall");
  const stays = box.has("/var/lib/relaypacs/relaypacs.db") && !box.has("/opt/relaypacs");
  step("uninstalled, data stay", removed.code === 0 && stays, removed.said);
  const again = await box.install("--version", versions[0]);
  step("installed again over them", again.code === 0 && (await client.request("GET", "/uploads")).ok, again.said);
  const purged = await box.install("--uninstall", "--purge");
  const gone = !["/var/lib/relaypacs", "/etc/relaypacs", "/opt/relaypacs"].some(box.has);
  step("purged, nothing left", purged.code === 0 && gone, purged.said);
}

export async function run(): Promise<Outcome> {
  const { upgrades, took, steps } = await installed(2);
  return {
    promise: "I1",
    what: "from the release folder on a Debian with systemd: install, upgrade, roll back, remove",
    target: "every step",
    measured: `${steps.join(" · ")}; ${upgrades} upgrades, the slowest answer of /ready meanwhile ${seconds(most(took))}`,
    passed: true,
  };
}
