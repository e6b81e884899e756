import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { relaypacs } from "../cli/binary.ts";

test("the executable has at most 130 MB", () => {
  const [program = "", ...fromSource] = relaypacs;
  if (fromSource.length === 0) expect(statSync(program).size).toBeLessThanOrEqual(130_000_000);
});
