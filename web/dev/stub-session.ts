import type { Person, Session } from "../core/app.ts";
import type { Scene } from "./scenes.ts";

/** Whoever is signed in, by the scene. */
export function stubSession(scene: Scene): Session {
  const { out = false, signIn: outcome = { kind: "ok" }, scenery: { visit = null, join = "ok" } = {} } = scene;
  const staff = scene.role ?? (scene.audit === undefined ? "radiographer" : "admin");
  const somebody: Person = {
    id: "u",
    username: "meier",
    role: visit === null ? staff : "guest",
    mustEnroll: scene.mustEnroll === true,
  };
  let person = out ? null : somebody;
  const listeners = new Set<() => void>();
  const turn = (next: Person | null) => {
    person = next;
    for (const listener of listeners) listener();
  };
  return {
    get person() {
      return person;
    },
    visit,
    join: () => Promise.resolve(join),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signIn({ totp }) {
      if (outcome.kind === "ok" || (outcome.kind === "totp_required" && totp === "123456")) turn(somebody);
      return Promise.resolve(outcome.kind === "totp_required" && totp === "123456" ? { kind: "ok" } : outcome);
    },
    signOut: () => Promise.resolve(turn(null)),
  };
}
