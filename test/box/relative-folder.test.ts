import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { signIn } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { tarOf } from "../support/tar.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`, { dataDir: "relative" });
});
afterAll(() => box.stop());

test("a data folder below the working directory takes archives that another program unpacks", async () => {
  const folder = join(box.configFile, "..");
  const account = ["user", "add", "anna", "--role", "radiographer", "--password-stdin", "--config", box.configFile];
  expect((await run(account, { stdin: testPassword, cwd: folder })).code).toBe(0);
  const client = await signIn(() => box.url, "anna", testPassword);
  const bytes = tarOf([{ name: "IM1.dcm", bytes: madeBytes({ study: "2.25.901", sop: "2.25.901.1" }) }]);
  expect(await client.send([{ name: "cd.tar", bytes }])).toMatchObject({ state: "delivered" });
  expect(existsSync(join(folder, "relative/received/2.25.901/2.25.3/2.25.901.1.dcm"))).toBe(true);
});
