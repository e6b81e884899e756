import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { tmpdir } from "node:os";
import type { DestinationConfig } from "../../src/core/config-schema.ts";
import { forgetfulKeeper } from "../../src/destinations/capability.ts";
import { doctorSteps } from "../../src/destinations/doctor.ts";
import { createDestination } from "../../src/destinations/index.ts";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { freePort } from "../support/child.ts";
import { startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { madeSeries } from "../support/made-instance.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { testCertificate } from "../support/test-certificates.ts";
import { scpFakes } from "./fakes.ts";
import { store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(60_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;
const fakeScp = scpFakes();

function doctor(config: DestinationConfig, options: { store?: boolean } = {}) {
  const keeper = forgetfulKeeper();
  const env = { dataDir: tmpdir(), readSecret: () => "", capability: () => keeper };
  const steps = Array.fromAsync(doctorSteps(config, env, { store: options.store ?? false }, never));
  return steps.then((all) => ({ steps: all, names: all.map(({ name, ok }) => `${name} ${ok}`), keeper }));
}
const cStore = (host: string, port: number, more: object = {}): DestinationConfig => ({
  id: "d",
  kind: "c-store",
  host,
  port,
  called_ae_title: "SCP",
  ...more,
});

describe("the checklist ends at the step that fails, with its fix", () => {
  test("a name that leads nowhere", async () => {
    const { names, steps } = await doctor(cStore("pacs.invalid", 104));
    expect(names).toEqual(["Name false"]);
    expect(steps[0]?.fix).toContain("getent hosts pacs.invalid");
  });

  test("nobody at the port", async () => {
    const { names, steps } = await doctor({ id: "d", kind: "stow-rs", url: `http://127.0.0.1:${await freePort()}/x` });
    expect(names).toEqual(["Port false"]);
    expect(steps[0]?.fix).toContain("firewalls");
  });

  test("an association that is rejected", async () => {
    const { fake } = await fakeScp({ rejects: [[1, 1, 7]] });
    const { names, steps } = await doctor(cStore("127.0.0.1", fake.port));
    expect(names).toEqual(["Port true", "Archive refuses the request false"]);
    expect(steps[1]?.detail).toContain("called_ae_title");
  });

  test("an archive that takes no Secondary Capture: the test image tells it", async () => {
    const { fake } = await fakeScp({ contextResult: (abstract) => (abstract.endsWith("1.1.7") ? 3 : 0) });
    const { names, steps } = await doctor(cStore("127.0.0.1", fake.port), { store: true });
    expect(names.at(-1)).toBe("Test image stored false");
    expect(steps.at(-1)?.fix).toContain("Secondary Capture");
  });
});

test.each([
  [0, true, /^as the archive's$|^this box is \d s ahead/],
  [-3600, false, /^this box is 360\d s ahead of the archive$/],
  [3600, false, /^this box is 3[56]\d\d s behind the archive$/],
])("a clock %i s off is told by the archive's Date, also where it lets nobody in", async (seconds, ok, detail) => {
  const archive = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response("", { status: 401, headers: { date: new Date(Date.now() + seconds * 1000).toUTCString() } }),
  });
  try {
    const { steps } = await doctor({ id: "d", kind: "stow-rs", url: `http://127.0.0.1:${archive.port}/x` });
    expect(steps.map(({ name }) => name)).toEqual(["Port", "Clock", "Archive refuses the sign-in"]);
    expect(steps[1]).toMatchObject({ ok, detail: expect.stringMatching(detail) });
    expect(steps[1]?.fix?.includes("timedatectl") ?? true).toBe(true);
  } finally {
    await archive.stop(true);
  }
});

if (orthancProgram !== null) {
  test("a real Orthanc, to the image that is sent once more; what it taught is kept", async () => {
    const orthanc = await startOrthanc();
    try {
      const url = orthanc.dicomWebUrl.replace("127.0.0.1", "localhost");
      const { names, steps, keeper } = await doctor({ id: "d", kind: "stow-rs", url }, { store: true });
      expect(names).toEqual([
        "Name true",
        "Port true",
        "Connection and sign-in true",
        "DICOMweb service true",
        "Test image stored true",
        "Test image verified true",
        "The same once more true",
      ]);
      expect(steps[4]?.detail).toContain("RELAYPACS-TEST");
      expect((await orthanc.instances()).length).toBe(1);
      expect(keeper.known()).toMatchObject({ queries: true, answers: "json", again: "accepted" });
    } finally {
      await orthanc.stop();
    }
  });
}

const certificate = testCertificate(folder.path);
if (storescpProgram !== null && certificate !== null) {
  test("the certificate: its chain and its days, and what a strange one shows", async () => {
    const scp = await startStoreScp(["+tls", certificate.keyFile, certificate.certFile, "-ic"]);
    try {
      const trusted = await doctor(cStore("127.0.0.1", scp.port, { tls: { ca: certificate.certFile } }), {
        store: true,
      });
      expect(trusted.names.slice(0, 2)).toEqual(["Port true", "Certificate true"]);
      expect(trusted.names.at(-1)).toBe("The same once more true");
      expect(trusted.steps[1]?.detail).toMatch(
        /TLSv1\.\d, peer, valid until \d{4}-\d\d-\d\d, 1 days left, to be renewed soon, SHA-256 [0-9A-F:]{95}$/,
      );
      const strange = await doctor(cStore("127.0.0.1", scp.port, { tls: true }));
      expect(strange.names).toEqual(["Port true", "Certificate false"]);
      expect(strange.steps[1]?.detail).toMatch(/does not know .* It shows: .*SHA-256/);
      expect(strange.steps[1]?.fix).toContain("tls.ca");
    } finally {
      await scp.stop();
    }
  });
}

test("a request that was too large is learnt: the next study meets no refusal, also after a restart", async () => {
  const sizes: number[] = [];
  const limit = 600_000;
  const fake = await startFakePacs({
    otherwise: {
      refuses: (parts) => {
        const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
        sizes.push(bytes);
        return bytes > limit ? 413 : undefined;
      },
    },
  });
  try {
    const keeper = forgetfulKeeper();
    const env = { dataDir: tmpdir(), readSecret: () => "", capability: () => keeper };
    const started = () => createDestination({ id: "d", kind: "stow-rs", url: fake.dicomWebUrl }, env);
    const study = (uid: string) => madeSeries(folder.path, 24, { study: uid, pixels: 100_000 });
    expect((await store(started(), study("2.25.71"))).outcomes.every(({ result }) => result === "stored")).toBe(true);
    expect(sizes.some((size) => size > limit)).toBe(true);
    sizes.length = 0;
    expect((await store(started(), study("2.25.72"))).outcomes.every(({ result }) => result === "stored")).toBe(true);
    expect(sizes.filter((size) => size > limit)).toEqual([]);
  } finally {
    await fake.stop();
  }
});
