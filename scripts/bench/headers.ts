import { join } from "node:path";
import { inspect } from "../../src/dicom/inspect.ts";
import { sharedFiles } from "../../test/support/shared-data.ts";
import { inTurn, median, ratio, seconds } from "./measure.ts";
import { ran, script } from "./programs.ts";
import type { Bench, Result } from "./result.ts";
import { makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const rounds = 5;
/** Debian's python3-pydicom belongs to Debian's Python. */
const python = "/usr/bin/python3";

/** Headers a second, every file once a round; Python's start is not counted. */
async function compare(name: string, paths: readonly string[], folder: string): Promise<Result> {
  const list = join(folder, "paths");
  await Bun.write(list, paths.join("\n"));
  const speed = await inTurn(rounds, {
    ours: async () => {
      const took = await seconds(async () => {
        for (const path of paths) await inspect(path, { extraSopClasses: [] });
      });
      return paths.length / took;
    },
    pydicom: async () => paths.length / Number(await ran([python, script("pydicom-headers.py"), list])),
  });
  const of = `ours ${median(speed.ours).toFixed(0)} headers/s, pydicom ${median(speed.pydicom).toFixed(0)}; ${paths.length} files`;
  return {
    name: `headers, ${name}, against pydicom`,
    figure: ratio(speed.ours, speed.pydicom),
    unit: "x",
    bound: { least: 3 },
    of,
  };
}

export const headers: Bench = {
  name: "headers",
  run: (scale) =>
    withFolder(async (folder) => {
      const { paths } = makeStudy(join(folder, "study"), Math.ceil(1000 * scale));
      const results = [await compare("made CT slices", paths, folder)];
      const samples = sharedFiles("dicom");
      if (samples.length > 0) results.push(await compare("the test data", samples, folder));
      return results;
    }),
};
