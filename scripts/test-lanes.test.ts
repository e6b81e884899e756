import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** In two parts: who searches for skipped tests is not to find this one, which is made up. */
const skipped = `test${".skip"}`;
const files: Record<string, string> = {
  "well.test.ts": `test("a", () => {}); ${skipped}("b", () => {});`,
  "fails.test.ts": 'test("a", () => { expect(1).toBe(2); }); test("b", () => {});',
  "dies.test.ts": 'test("a", () => process.kill(process.pid, "SIGKILL"));',
  "leaves.test.ts": 'test("a", () => process.exit(0)); test("b", () => expect(1).toBe(2));',
  "breaks.test.ts": 'throw new Error("while it is read");',
  "none.test.ts": "",
};

test("a file that fails, dies, leaves or cannot be read is counted, one without tests is not, and what is said stays together", async () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-lanes-"));
  try {
    mkdirSync(join(folder, "dist"));
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), `import { expect, test } from "bun:test";\n${text}\n`);
    const script = `import { runTests } from ${JSON.stringify(join(import.meta.dir, "test-lanes.mjs"))};
      const counts = await runTests(process.execPath, ${JSON.stringify(Object.keys(files))}, ${JSON.stringify(folder)});
      process.stdout.write(JSON.stringify(counts));`;
    const ran = Bun.spawnSync([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
    expect(JSON.parse(ran.stdout.toString())).toEqual({ passed: 2, failed: 4, skipped: 1 });
    const said = ran.stderr.toString();
    expect(said).toContain("fails.test.ts:\n1 | import");
    for (const name of ["dies", "leaves", "breaks"])
      expect(said).toContain(`${name}.test.ts: (fail) the file as a whole`);
    expect(said).toMatch(/^fails\.test\.ts: \(fail\) a/m);
    expect(readFileSync(join(folder, "dist/junit.xml"), "utf8").match(/<testsuite /g)).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
