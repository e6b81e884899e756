import { join } from "node:path";
import { destination, store } from "../../test/destinations/harness.ts";
import { outgoing } from "../../test/support/dicom-file.ts";
import { orthancProgram, startOrthanc } from "../../test/support/orthanc.ts";
import { fourCurl } from "./four-curl.ts";
import { inTurn, median, megabytes, ratio, seconds } from "./measure.ts";
import type { Bench } from "./result.ts";
import { makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const rounds = 3;

/** Our STOW-RS and our Orthanc kind against four curl; an empty Orthanc each time. */
export const stow: Bench = {
  name: "stow",
  run: (scale) =>
    withFolder(async (folder) => {
      if (orthancProgram === null) throw new Error("Orthanc with its DICOMweb plugin is not installed");
      const study = makeStudy(join(folder, "study"), Math.ceil(800 * scale));
      const instances = study.paths.map((path) => outgoing(path));
      const into = async (send: (orthanc: Awaited<ReturnType<typeof startOrthanc>>) => Promise<unknown>) => {
        const orthanc = await startOrthanc();
        try {
          const took = await seconds(() => send(orthanc));
          const arrived = (await orthanc.instances()).length;
          if (arrived !== instances.length) throw new Error(`${arrived} of ${instances.length} arrived`);
          return megabytes(study.bytes) / took;
        } finally {
          await orthanc.stop();
        }
      };
      const speed = await inTurn(rounds, {
        stow: () =>
          into(({ dicomWebUrl }) => store(destination({ id: "d", kind: "stow-rs", url: dicomWebUrl }), instances)),
        orthanc: () => into(({ url }) => store(destination({ id: "d", kind: "orthanc", url }), instances)),
        curl: () => into(({ url }) => fourCurl(url, study.paths, folder)),
      });
      const said = (name: keyof typeof speed) => `${median(speed[name]).toFixed(0)} MB/s`;
      return [
        {
          name: "STOW-RS into Orthanc, against four curl",
          figure: ratio(speed.stow, speed.curl),
          unit: "x",
          bound: { least: 0.9 },
          of: `ours ${said("stow")}, curl ${said("curl")}`,
        },
        {
          name: "Orthanc's REST, against four curl",
          figure: ratio(speed.orthanc, speed.curl),
          unit: "x",
          bound: null,
          of: `ours ${said("orthanc")}, curl ${said("curl")}`,
        },
      ];
    }),
};
