import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { day, personName, size } from "../core/format.ts";
import { say } from "../core/text.ts";
import type { DraftStudy } from "../queue/types.ts";
import { AppElement } from "./app-element.ts";

/** Every study among the chosen files, a row each, and a way to leave one out. Tells `drop` with its id. */
@customElement("found-list")
export class FoundList extends AppElement {
  @property({ attribute: false }) drafts: readonly DraftStudy[] = [];

  private nameOf(draft: DraftStudy): string {
    if (draft.parts.length > 1) return say("several_people");
    if (draft.kind === "archive" && draft.imageCount === 0) return draft.archives[0] ?? say("unknown_patient");
    if (draft.kind === "pictures") return say("pictures", { n: draft.imageCount });
    return personName(draft.patientName) || say("no_name");
  }
  private row(draft: DraftStudy): TemplateResult {
    const name = this.nameOf(draft);
    const facts = [
      draft.parts.length > 1 ? "" : draft.patientID,
      draft.parts.length > 1 || draft.patientBirthDate === "" ? "" : day(draft.patientBirthDate),
      draft.modalities.join(", "),
      draft.studyDate === "" ? "" : day(draft.studyDate),
      draft.kind === "pictures" || draft.imageCount === 0
        ? ""
        : `${say("series", { n: draft.seriesCount })}, ${say("images", { n: draft.imageCount })}`,
      size(draft.bytes),
    ];
    return html`<li>
      <div><strong dir="auto">${name}</strong><p class="hint" dir="auto">${facts.filter(Boolean).join(" · ")}</p></div>
      ${
        this.drafts.length > 1
          ? html`<button class="button small" aria-label="${say("leave_out")}: ${name}" @click=${() => this.tell("drop", draft.id)}>${say("leave_out")}</button>`
          : ""
      }
    </li>`;
  }

  protected override render(): TemplateResult {
    return html`<ul class="found" aria-label=${say("found_list")}>${this.drafts.slice(0, 200).map((draft) => this.row(draft))}</ul>`;
  }
}
