import { setLastTouch, setLocked, setShared } from "../core/settings.ts";
import type { Scene } from "./scenes.ts";
import { draft, queued } from "./stub-queue.ts";

/** A device of one person, one of several, and that one locked. */
export type DeviceUse = "mine" | "shared" | "locked";

export function useDevice(as: DeviceUse): void {
  setShared(as !== "mine");
  setLocked(as === "locked");
  setLastTouch(Date.now());
}

export const deviceScenes: Readonly<Record<string, Scene>> = {
  "shared-activity": {
    hash: "#/activity",
    device: "shared",
    prepare: (queue) =>
      queue.set([queued(), queued({ id: "two", title: { ...queued().title, patientName: "ÅS-BERG^Liv Maria" } })]),
  },
  "shared-confirm": {
    hash: "#/confirm",
    device: "shared",
    prepare: (_, app) => app.choice.take({ studies: [draft()], leftOut: 0, unreadable: [] }),
  },
  "shared-more": { hash: "#/more", device: "shared" },
  locked: { hash: "#/progress", device: "locked", prepare: (queue) => queue.set([queued()]) },
};
