import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { ReceiptDelivery, ReceiptInstance, SignedReceipt } from "../../src/contract/receipt.ts";
import { ApiError } from "../api/problem.ts";
import type { App } from "../core/app.ts";
import { moment } from "../core/format.ts";
import { save } from "../core/saving.ts";
import { say, type Word } from "../core/text.ts";
import { AppElement } from "../elements/app-element.ts";
import { tell } from "../study/words.ts";
import type { StudyWord } from "../study/words-en.ts";
import "../elements/copy-button.ts";
import "../elements/notice-box.ts";

/** So many images of a destination are listed here and on paper; all of them stand in the file. */
const mostListed = 500;
const keywordWords: Readonly<Record<string, Word>> = {
  PatientName: "patient_name",
  PatientID: "patient_id",
  PatientBirthDate: "birth_date",
  PatientSex: "sex",
};
const stateWords: Readonly<Record<string, StudyWord>> = {
  delivered: "receipt_state_delivered",
  partial: "receipt_state_partial",
};

/** The proof of delivery: to be looked at, printed, and taken away as the signed document that proves it. */
@customElement("page-receipt")
export class PageReceipt extends AppElement {
  @property({ attribute: false }) app: App | null = null;
  /** The receipt's number, out of the route. */
  @property() target = "";
  @state() private receipt: SignedReceipt | null = null;
  @state() private problem: StudyWord | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if ((changed.has("target") || changed.has("app")) && this.target !== "") void this.read();
  }
  private async read(): Promise<void> {
    const { app, target } = this;
    this.problem = null;
    this.receipt = null;
    try {
      const receipt = await app?.receipts.read(target);
      if (receipt !== undefined && this.target === target) this.receipt = receipt;
    } catch (error) {
      if (this.target !== target) return;
      this.problem = error instanceof ApiError && error.status === 404 ? "receipt_gone" : "receipt_none";
    }
  }

  /** What is folded away stands on paper too. */
  private async print(): Promise<void> {
    for (const details of this.querySelectorAll("details")) details.open = true;
    await this.updateComplete;
    globalThis.print();
  }

  private fact(label: string, value: string | TemplateResult): TemplateResult {
    return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  }
  private corrected(instances: readonly ReceiptInstance[]): TemplateResult | typeof nothing {
    const touched = instances.filter(({ corrected = [] }) => corrected.length > 0);
    if (touched.length === 0) return nothing;
    const keywords = new Set(touched.flatMap(({ corrected = [] }) => corrected));
    const fields = [...keywords].map((keyword) => {
      const word = keywordWords[keyword];
      return word === undefined ? keyword : say(word);
    });
    return html`<p>${tell("receipt_corrected", { fields: fields.join(", "), n: touched.length })}</p>`;
  }
  private delivery(it: ReceiptDelivery): TemplateResult {
    const { instances } = it;
    const asked = instances.filter(({ verified_by }) => verified_by === "query").length;
    const said = [
      tell(stateWords[it.state] ?? "receipt_state_other"),
      ...(it.via === null ? [] : [tell("receipt_via", { via: it.via })]),
      ...(asked === 0 ? [] : [tell("receipt_asked", { n: asked })]),
      ...(asked === instances.length ? [] : [tell("receipt_word", { n: instances.length - asked })]),
    ];
    return html`<section class="card">
      <h3>${tell("receipt_to", { destination: it.destination_id, n: instances.length })}</h3>
      <p>${said.join(" · ")}</p>
      ${it.earlier_receipt_id === null ? nothing : html`<p>${tell("receipt_earlier", { receipt: it.earlier_receipt_id })}</p>`}
      ${this.corrected(instances)}
      ${instances.length === 0 ? nothing : this.images(instances)}
    </section>`;
  }
  private images(instances: readonly ReceiptInstance[]): TemplateResult {
    const more = instances.length - mostListed;
    return html`<details><summary>${tell("receipt_images")}</summary><ol class="plain proofs">
      ${instances.slice(0, mostListed).map(
        (one) => html`<li><dl class="facts">
          ${this.fact(tell("receipt_image"), html`<code>${one.sop_instance_uid}</code>`)}
          ${this.fact(tell("receipt_hash"), html`<code>${one.sha256}</code>`)}
          ${this.fact(tell("receipt_answer"), one.answer)} ${this.fact(tell("receipt_when"), one.time)}
        </dl></li>`,
      )}</ol>
      ${more > 0 ? html`<p class="hint">${tell("receipt_more", { n: more })}</p>` : nothing}
    </details>`;
  }
  private whole(receipt: SignedReceipt): TemplateResult {
    const { site_name: site, created_at, signature } = receipt;
    return html`<p class="lead">${tell("receipt_by", { site, time: moment(Date.parse(created_at)) })}</p>
      <div class="row">
        <button class="button strong" data-primary @click=${() => save(`receipt-${receipt.receipt_id}.json`, JSON.stringify(receipt, null, 2))}>${tell("receipt_save")}</button>
        <button class="button" @click=${() => void this.print()}>${tell("receipt_print")}</button>
        <copy-button look="" .text=${receipt.receipt_id} .label=${tell("receipt_copy")}></copy-button>
      </div>
      <dl class="facts">
        ${this.fact(tell("receipt_no"), html`<code>${receipt.receipt_id}</code>`)}
        ${this.fact(tell("receipt_upload"), html`<code>${receipt.upload_id}</code>`)}
      </dl>
      ${receipt.studies.map(
        (study) => html`<h2>${say("a_study")} <code>${study.study_instance_uid}</code></h2>
          ${study.deliveries.map((delivery) => this.delivery(delivery))}`,
      )}
      <section class="card">
        <dl class="facts">${this.fact(tell("receipt_signed"), html`<code>${signature.fingerprint}</code>`)}</dl>
        <p>${tell("receipt_check")}</p>
        <p><code translate="no">relaypacs receipt verify receipt-${receipt.receipt_id}.json --fingerprint ${signature.fingerprint}</code></p>
        <p>${tell("receipt_check_key")} <code translate="no">relaypacs receipt key</code></p>
      </section>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="page receipt">
      <h1>${tell("receipt_title")}</h1>
      ${this.problem === null ? nothing : html`<notice-box tone="bad" .text=${tell(this.problem)} .action=${say("try_again")} @act=${() => void this.read()}></notice-box>`}
      ${this.receipt === null ? nothing : this.whole(this.receipt)}
    </div>`;
  }
}
