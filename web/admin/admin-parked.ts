import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { AdminDestination } from "../../src/contract/admin.ts";
import type { Administration, ParkedDelivery } from "../api/admin.ts";
import { codeSentence } from "../core/code-words.ts";
import { moment } from "../core/format.ts";
import { say } from "../core/text.ts";
import type { AskDialog } from "../elements/ask-dialog.ts";
import { icon } from "../elements/icons.ts";
import { AdminSection } from "./admin-section.ts";
import { tell } from "./words.ts";
import "../elements/ask-dialog.ts";
import "../study/waiting-studies.ts";

/** What is stuck at one destination for one reason. */
export interface ParkedGroup {
  readonly key: string;
  readonly destinationId: string;
  readonly error: ParkedDelivery["error"];
  /** Oldest first. */
  readonly deliveries: readonly ParkedDelivery[];
}

/** The largest group first: its cause is worth mending first. */
export function groupsOf(deliveries: readonly ParkedDelivery[]): readonly ParkedGroup[] {
  const groups = new Map<string, ParkedDelivery[]>();
  for (const one of deliveries) {
    const key = `${one.destination_id} ${one.error?.code ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups]
    .map(([key, of]) => ({
      key,
      destinationId: of[0]?.destination_id ?? "",
      error: of[0]?.error ?? null,
      deliveries: of,
    }))
    .sort((a, b) => b.deliveries.length - a.deliveries.length);
}

/** Studies that nothing moves by itself any more, by cause; again, elsewhere, or given up. */
@customElement("admin-parked")
export class AdminParked extends AdminSection {
  protected override readonly topics = ["deliveries", "destinations"] as const;
  @state() private deliveries: readonly ParkedDelivery[] | null = null;
  @state() private more = false;
  @state() private destinations: readonly AdminDestination[] = [];
  @query("ask-dialog") private dialog!: AskDialog;
  private discarding = "";

  protected override async read(admin: Administration): Promise<void> {
    const [page, destinations] = await Promise.all([admin.parked(), admin.destinations()]);
    this.deliveries = page.deliveries;
    this.more = page.next_cursor !== null;
    this.destinations = destinations;
  }

  private retry(deliveries: readonly ParkedDelivery[]): void {
    let sent = 0;
    void this.doing(
      async (admin) => {
        // one after the other: where one cannot go any more, those before it are on their way
        for (const { delivery_id } of deliveries) {
          await admin.retry(delivery_id);
          sent += 1;
        }
      },
      () => tell("retried", { n: sent }),
    );
  }
  private redirect(event: SubmitEvent, { delivery_id }: ParkedDelivery): void {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const to = String(new FormData(event.target).get("to") ?? "");
    void this.doing((admin) => admin.redirect(delivery_id, to), tell("retried", { n: 1 }));
  }
  private askDiscard({ delivery_id }: ParkedDelivery): void {
    this.discarding = delivery_id;
    void this.dialog.open();
  }

  private one(delivery: ParkedDelivery): TemplateResult {
    const others = this.destinations.filter(({ destination_id }) => destination_id !== delivery.destination_id);
    const since = moment(Date.parse(delivery.created_at));
    const id = delivery.delivery_id;
    return html`<li>
      <p>${tell("parked_since", { time: since })} ${delivery.service_level === "stat" ? html`<span class="badge">${say("stat")}</span>` : nothing}</p>
      <p class="hint" id="d-${id}"><code>${tell("details", { study: delivery.study_instance_uid, upload: delivery.upload_id })}</code></p>
      <div class="row">
        <button class="button" aria-describedby="d-${id}" ?disabled=${this.busy} @click=${() => this.retry([delivery])}>${say("try_again")}</button>
        <button class="button danger" aria-describedby="d-${id}" ?disabled=${this.busy} @click=${() => this.askDiscard(delivery)}>${tell("discard")}</button>
      </div>
      ${
        others.length === 0
          ? nothing
          : html`<form class="joined" @submit=${(event: SubmitEvent) => this.redirect(event, delivery)}>
              <select name="to" aria-label=${tell("redirect_to")} aria-describedby="d-${id}">${others.map(({ destination_id }) => html`<option>${destination_id}</option>`)}</select>
              <button class="button" aria-describedby="d-${id}" ?disabled=${this.busy}>${tell("redirect")}</button></form>`
      }
    </li>`;
  }
  private group(group: ParkedGroup): TemplateResult {
    const { deliveries, error, destinationId } = group;
    const n = deliveries.length;
    const since = moment(Date.parse(deliveries[0]?.created_at ?? ""));
    return html`<article class="card" aria-labelledby="g-${destinationId}-${error?.code}">
      <h2 id="g-${destinationId}-${error?.code}">${tell("parked_group", { n, destination: destinationId })}</h2>
      <p class="state bad">${icon("bad")}<span>${error === null ? "" : codeSentence(error.code, error.message)}</span></p>
      <p class="hint">${tell("parked_since", { time: since })}${error === null ? nothing : html` · <span lang="en">${error.message}</span> <code>${error.code}</code>`}</p>
      <div class="row"><button class="button strong" ?disabled=${this.busy} @click=${() => this.retry(deliveries)}>${n === 1 ? say("try_again") : tell("retry_all", { n })}</button></div>
      <details><summary>${tell("one_by_one")}</summary>
        <ul class="parts">${repeat(
          deliveries,
          ({ delivery_id }) => delivery_id,
          (delivery) => this.one(delivery),
        )}</ul></details>
    </article>`;
  }

  protected override render(): TemplateResult {
    const { deliveries } = this;
    return html`<h1>${tell("parked")}</h1>
      ${this.notices()}
      ${
        deliveries === null
          ? nothing
          : deliveries.length === 0
            ? html`<div class="empty">${icon("check")}<p>${tell("parked_none")}</p></div>`
            : html`<p class="lead">${tell("parked_lead")}</p>
              ${this.more ? html`<notice-box tone="warn" .text=${tell("parked_more")}></notice-box>` : nothing}
              <div class="cards">${repeat(
                groupsOf(deliveries),
                ({ key }) => key,
                (group) => this.group(group),
              )}</div>`
      }
      <ask-dialog .heading=${tell("discard_title")} .text=${tell("discard_text")} .yes=${tell("discard")} .no=${tell("keep")} .reason=${say("reason")}
        @yes=${(event: CustomEvent<string>) => void this.doing((admin) => admin.discard(this.discarding, event.detail), tell("discarded"))}></ask-dialog>
      <waiting-studies .app=${this.app}></waiting-studies>`; // behind the dialog: it has one of its own
  }
}
