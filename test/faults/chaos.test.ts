import { expect, test } from "bun:test";
import { available } from "../../scripts/proof/p18-available.ts";
import { chaos } from "../../scripts/proof/p19-chaos.ts";
import { until } from "../support/child.ts";
import { orthancProgram } from "../support/orthanc.ts";
import { mountable } from "./small-disk.ts";

/** P18 and P19, a tenth of `npm run proof`; here no clock judges. */
if (mountable.length > 0) {
  test("through ten kills, a full disk and a PACS that is down it answers as ready or not at all, and no upload goes", async () => {
    const nextProbe = async (probed: () => number) => {
      const before = probed();
      await until("a probe", () => probed() > before);
    };
    const { took, refused, uploads, gone } = await available(10, nextProbe);
    expect(took.length).toBeGreaterThanOrEqual(10);
    expect(uploads).toBeGreaterThan(0);
    expect({ refused, gone }).toEqual({ refused: [], gone: 0 });
  }, 180_000);

  if (orthancProgram !== null)
    test("20 studies through kills, a faulty archive, its outage and a full disk: all delivered by themselves", async () => {
      expect(await chaos(20)).toMatchObject({ studies: 20, delivered: 20, parked: 0 });
    }, 300_000);
}
