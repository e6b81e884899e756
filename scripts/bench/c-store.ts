import { join } from "node:path";
import { destination, store } from "../../test/destinations/harness.ts";
import { program } from "../../test/support/child.ts";
import { startStoreScp, storescpProgram } from "../../test/support/dcmtk.ts";
import { outgoing } from "../../test/support/dicom-file.ts";
import { inTurn, median, megabytes, ratio, seconds } from "./measure.ts";
import { ran } from "./programs.ts";
import type { Bench } from "./result.ts";
import { makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const rounds = 5;
const largestPdu = "131072";

/** Our C-STORE and storescu, alone and four at once, into the same storescp; TCP_NODELAY and the largest PDU for all. */
export const cStore: Bench = {
  name: "c-store",
  run: (scale) =>
    withFolder(async (folder) => {
      const storescu = program("storescu");
      if (storescpProgram === null || storescu === null) throw new Error("DCMTK is not installed");
      const study = makeStudy(join(folder, "study"), Math.ceil(400 * scale));
      const instances = study.paths.map((path) => outgoing(path));
      const scp = await startStoreScp(["--fork", "--max-pdu", largestPdu]);
      const peer = { host: "127.0.0.1", port: scp.port, called_ae_title: scp.aeTitle };
      const into = async (send: () => Promise<unknown>) => {
        const took = await seconds(send);
        await scp.clear();
        return megabytes(study.bytes) / took;
      };
      const part = (paths: readonly string[]) =>
        ran(["env", "TCP_NODELAY=1", storescu, "--max-pdu", largestPdu, "127.0.0.1", String(scp.port), ...paths]);
      const quarter = (number: number) => study.paths.filter((_path, index) => index % 4 === number);
      try {
        const speed = await inTurn(rounds, {
          ours: () => into(() => store(destination({ id: "d", kind: "c-store", ...peer }), instances)),
          one: () => into(() => part(study.paths)),
          four: () => into(() => Promise.all([0, 1, 2, 3].map((number) => part(quarter(number))))),
        });
        const best = median(speed.one) >= median(speed.four) ? "one" : "four";
        const said = (name: keyof typeof speed) => `${median(speed[name]).toFixed(0)} MB/s`;
        const of = `ours ${said("ours")}, storescu ${said("one")}, four at once ${said("four")}`;
        return [
          {
            name: "C-STORE to storescp, against storescu",
            figure: ratio(speed.ours, speed[best]),
            unit: "x",
            bound: { least: 0.6 },
            of,
          },
        ];
      } finally {
        await scp.stop();
      }
    }),
};
