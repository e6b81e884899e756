import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { relaypacs } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { program } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";

const guide = readFileSync(join(import.meta.dir, "../../docs/api.md"), "utf8");
/** Its blocks, each with the heading above it. */
const blocks = guide
  .split(/^## /m)
  .flatMap((part) =>
    [...part.matchAll(/^```sh\n(.*?)^```/gms)].map(([, code = ""]) => ({ heading: part.split("\n")[0], code })),
  );

const define = program("curl") === null || program("jq") === null || program("openssl") === null ? () => {} : describe;
define("docs/api.md", () => {
  let box: Box;
  let folder: string;
  beforeAll(async () => {
    box = await startBox(`[[destination]]\nid = "archive"\nkind = "folder"\npath = "archive"`);
    await box.account("radiographer");
    folder = mkdtempSync(join(tmpdir(), "relaypacs-guide-"));
    writeFileSync(join(folder, "image.dcm"), madeBytes({ study: "2.25.4711", sop: "2.25.4711.1", pixels: 200_000 }));
    const command = relaypacs.map((word) => `'${word}'`).join(" ");
    writeFileSync(join(folder, "relaypacs"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }, 30_000);
  afterAll(async () => {
    await box.stop();
    rmSync(folder, { recursive: true });
  });

  test("its commands work as they stand, in their order, over a box that is killed on the way", async () => {
    expect(blocks.length).toBeGreaterThan(10);
    const cut = blocks.findIndex(({ heading }) => heading === "After a cut");
    const script = blocks.map(
      ({ code }, index) => `printf "\\n=== ${index}\\n"\n${index === cut ? "read -r URL\n" : ""}${code}`,
    );
    const shell = Bun.spawn(["sh", "-eu", "-c", script.join("\n")], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH ?? ""}`,
        URL: box.url,
        NAME: "radiographer",
        PASSWORD: testPassword,
        RELAYPACS_CONFIG: box.configFile,
      },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    let said = "";
    const decoder = new TextDecoder();
    for await (const piece of shell.stdout) {
      const before = said;
      said += decoder.decode(piece, { stream: true });
      if (before.includes(`=== ${cut}\n`) || !said.includes(`=== ${cut}\n`)) continue;
      await box.kill();
      await box.start();
      shell.stdin.write(`${box.url}\n`);
      await shell.stdin.end();
    }
    const complaints = await new Response(shell.stderr).text();
    expect([await shell.exited, complaints]).toEqual([0, ""]);
    const of = (heading: string) =>
      said.split(/^=== \d+$/m).flatMap((text, index) => (blocks[index - 1]?.heading === heading ? [text.trim()] : []));

    expect(of("Send the chunks")).toEqual(['{"file_id":"a","received_chunk_index":0}']);
    expect(of("After a cut")[0]).toBe(
      [1, 2, 3].map((index) => `{"file_id":"a","received_chunk_index":${index}}`).join(""),
    );
    expect(JSON.parse(of("Complete, and wait")[0] ?? "")).toMatchObject({ status: "success" });
    expect(of("Complete, and wait").slice(1)).toEqual(["delivered", "delivered 100 %"]);
    expect(of("The receipt")[0]).toMatch(/^2\.25\.4711\.1 [0-9a-f]{64} query$/m);
    expect(of("The receipt")[0]).toMatch(/^ok: unchanged, signed by /m);
    expect(of("A device without an account")[1]).toContain('"status": "success"');
    expect(readFileSync(join(folder, "code.svg"), "utf8")).toStartWith("<svg");
    expect(JSON.parse(of("When something is refused")[0] ?? "")).toMatchObject({ status: 401, code: "unauthorized" });
  }, 60_000);
});
