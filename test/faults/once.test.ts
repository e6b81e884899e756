import { expect, test } from "bun:test";
import { onceAtThePacs } from "../../scripts/proof/p09-once.ts";
import { orthancProgram } from "../support/orthanc.ts";

/** P9, a tenth of `npm run proof`. */
if (orthancProgram !== null)
  test("killed before the answer, 5xx, reset, silence, 400 though stored: once at a real Orthanc", async () => {
    const rounds = 4;
    const { studies, delivered, parked } = await onceAtThePacs(rounds);
    expect({ studies, delivered, parked }).toEqual({ studies: 5 * rounds, delivered: 5 * rounds, parked: 0 });
  }, 180_000);
