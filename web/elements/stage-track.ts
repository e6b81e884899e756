import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Stage } from "../core/study-state.ts";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "./app-element.ts";
import { type Icon, icon } from "./icons.ts";

const steps: readonly { word: Word; icon: Icon }[] = [
  { word: "stage_device", icon: "device" },
  { word: "stage_box", icon: "box" },
  { word: "stage_archive", icon: "archive" },
];

/** On this device → At the hospital box → In the archive. A tick says that this stage has everything. */
@customElement("stage-track")
export class StageTrack extends AppElement {
  /** The stage under way; 3 where the archive has everything. */
  @property({ type: Number }) stage: Stage = 0;

  protected override render(): TemplateResult {
    const mark = (index: number) => (index < this.stage ? "done" : index === this.stage ? "now" : "next");
    return html`<ol class="track">
      ${steps.map(({ word, icon: name }, index) => {
        const at = mark(index);
        const spoken = at === "done" ? say("stage_done") : at === "now" ? say("stage_now") : "";
        return html`<li class=${at} aria-current=${at === "now" ? "step" : "false"}>
          <span class="dot">${icon(at === "done" ? "check" : name)}</span><span>${say(word)}</span>
          <span class="unseen">${spoken}</span>
        </li>`;
      })}
    </ol>`;
  }
}
