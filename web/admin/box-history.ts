import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Statistics } from "../../src/contract/statistics.ts";
import type { Administration, StatisticsUnit } from "../api/admin.ts";
import { AdminSection } from "./admin-section.ts";
import { board } from "./board.ts";
import type { BoardWord } from "./board-words-en.ts";
import { figuresOf } from "./figures.ts";
import "./chart-figure.ts";

const dayMs = 86_400_000;
interface Period {
  readonly word: BoardWord;
  readonly by: StatisticsUnit;
  /** Beside the day or hour that runs. */
  readonly back: number;
}
const periods: readonly Period[] = [
  { word: "period_day", by: "hour", back: dayMs - 3_600_000 },
  { word: "period_week", by: "day", back: 6 * dayMs },
  { word: "period_month", by: "day", back: 29 * dayMs },
];
const usual = periods[1] as Period;

/** What went through the box: charts, each with its table. */
@customElement("box-history")
export class BoxHistory extends AdminSection {
  protected override readonly topics = ["uploads", "deliveries"] as const;
  /** Nobody follows a chart by the second, and the box adds it all up each time. */
  protected override readonly settleMs = 15_000;
  @state() private period = usual;
  @state() private all: { readonly statistics: Statistics; readonly by: StatisticsUnit } | null = null;

  protected override async read(admin: Administration): Promise<void> {
    const { period } = this;
    const statistics = await admin.statistics(new Date(Date.now() - period.back), period.by);
    if (period === this.period) this.all = { statistics, by: period.by };
  }
  private choose(period: Period): void {
    this.period = period;
    void this.look();
  }
  protected override render(): TemplateResult {
    const { all } = this;
    return html`<section aria-labelledby="history">
      <div class="title"><h2 id="history">${board("history")}</h2>
        <div class="periods beside" role="group" aria-label=${board("period")}>${periods.map(
          (it) =>
            html`<button class="button small" aria-pressed=${it === this.period} @click=${() => this.choose(it)}>${board(it.word)}</button>`,
        )}</div></div>
      ${this.notices()}
      ${
        all === null
          ? nothing
          : all.statistics.uploads === 0
            ? html`<p class="hint">${board("history_none")}</p>`
            : html`<div class="charts">${repeat(
                figuresOf(all.statistics, all.by),
                ({ id }) => id,
                (figure) => html`<chart-figure .figure=${figure}></chart-figure>`,
              )}</div>`
      }</section>`;
  }
}
