import "../app-shell.ts";
import { applyTheme } from "../core/settings.ts";
import { chooseLanguage, speak } from "../core/text.ts";
import { scenes, stage } from "./scenes.ts";

/** The test page: `?scene=retry&language=de#…`. */
const wanted = new URLSearchParams(location.search);
const scene = scenes[wanted.get("scene") ?? ""];
applyTheme();
const language = chooseLanguage([wanted.get("language") ?? "en"]);
if (language !== "en") await speak(language);
if (scene !== undefined) {
  history.replaceState(null, "", `${location.search}${scene.hash}`);
  const { app, queue } = stage(scene);
  const shell = document.createElement("app-shell");
  Object.assign(shell, { app });
  Object.assign(globalThis, { asked: queue.asked });
  document.body.append(shell);
}
