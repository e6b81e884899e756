import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, start } from "./binary.ts";

setDefaultTimeout(60_000);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-fake-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts it and reads what it says up to the section for a configuration. */
async function rehearsal(...args: string[]) {
  const child = start(["fake-pacs", "--listen", "127.0.0.1:0", ...args]);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let said = "";
  while (!/\[\[destination\]\][\s\S]*\n\n$/.test(said)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended: ${said} ${await new Response(child.stderr).text()}`);
    said += decoder.decode(value);
  }
  return { child, said, section: said.slice(said.indexOf("[[destination]]")) };
}

for (const kind of ["stow-rs", "orthanc", "dcm4chee", "google-healthcare", "aws-healthimaging", "azure-dicom"]) {
  test(`${kind}: the section that it prints is one that works`, async () => {
    const { child, said, section } = await rehearsal("--kind", kind);
    try {
      expect(said).toContain("It is no archive");
      const config = join(folder, "relaypacs.toml");
      writeFileSync(config, `listen = "127.0.0.1:0"\ndata_dir = "${folder}"\ntls.mode = "off"\n${section}`);
      const { code, stdout } = await run(["destination", "test", "rehearsal", "--config", config]);
      expect([code, stdout.includes("FAIL")]).toEqual([0, false]);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await child.exited).toBe(0);
    // What it answered, without UIDs.
    expect(await new Response(child.stderr).text()).toMatch(/^(GET|POST) \/\S* 20\d$/m);
  });
}

test("a fault is named, and what it does", async () => {
  const { child, said } = await rehearsal("--fault", "busy", "--fault", "xml");
  child.kill("SIGTERM");
  expect(said).toContain("Fault busy: it says 503 and Retry-After.");
  expect(said).toContain("Fault xml: it answers in XML, whatever is asked for.");
  expect(await child.exited).toBe(0);
});

test.each([
  [["--kind", "azure"], "--kind must be one of stow-rs, orthanc, dcm4chee"],
  [["--fault", "xmi"], "Did you mean xml?"],
  [["--token-seconds", "soon"], "--token-seconds must be a whole number above 0."],
  [["--listen", "here"], '--listen must be "host:port"'],
])("%j is wrong usage", async (args, words) => {
  const { code, stderr } = await run(["fake-pacs", ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});
