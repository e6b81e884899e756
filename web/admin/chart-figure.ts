import { html, nothing, type PropertyValues, svg, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { AppElement } from "../elements/app-element.ts";
import { board } from "./board.ts";
import type { Figure, Line } from "./figures.ts";
import type { Plot } from "./plot.ts";

const strokes: Readonly<Record<Line["form"], string>> = { bars: "", line: "", dashes: "7 4", dots: "2 3" };
/** How a line looks, beside its name: never by colour alone. */
const sample = ({ colour, form }: Line): TemplateResult =>
  html`<svg class="sample ${colour}" viewBox="0 0 24 12" aria-hidden="true" focusable="false">${
    form === "bars"
      ? svg`<path d="M9 0h8v12H9z" fill="currentColor"/>`
      : svg`<path d="M0 6h24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-dasharray=${strokes[form]}/>`
  }</svg>`;

/** One figure: what it comes to in words, a drawing of it, and the same as a table. */
@customElement("chart-figure")
export class ChartFigure extends AppElement {
  @property({ attribute: false }) figure: Figure | null = null;
  @state() private pointed: number | null = null;
  /** Without a connection the part that draws may not be here: then the table is open. */
  @state() private undrawn = false;
  @query(".plot") private surface!: HTMLElement | null;
  private plot: Plot | null = null;
  private drawn = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.clear();
  }
  private clear(): void {
    this.plot?.destroy();
    this.plot = null;
    this.drawn = "";
  }
  /** Only what has changed is drawn anew: whoever points at it goes on pointing. */
  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("figure")) void this.draw();
  }
  private async draw(): Promise<void> {
    const { figure } = this;
    const wanted = figure === null ? "" : JSON.stringify(figure);
    if (wanted === this.drawn) return;
    const { plot } = await import("./plot.ts").catch(() => ({ plot: null }));
    if (!this.isConnected || figure !== this.figure || figure === null) return;
    this.clear();
    this.undrawn = plot === null;
    if (plot === null || this.surface === null || figure.lines.length === 0) return;
    this.drawn = wanted;
    this.plot = plot(this.surface, figure, (index) => {
      this.pointed = index;
    });
  }

  /** What the pointer is over, for who points; everybody else has the table. */
  private reading({ labels, lines, read }: Figure): string {
    const at = this.pointed;
    if (at === null || labels[at] === undefined) return "";
    const values = lines.flatMap(({ name, values: all, form }) => {
      const value = all[at];
      return value === null || value === undefined || form === "dots" ? [] : [`${name} ${read(value)}`];
    });
    return [labels[at], ...values].join(" · ");
  }
  protected override render(): TemplateResult | typeof nothing {
    const { figure } = this;
    if (figure === null) return nothing;
    const { id, title, text, head, rows, lines } = figure;
    return html`<figure class="card chart" aria-labelledby="f-${id}">
      <figcaption><h3 id="f-${id}">${title}</h3><p class="hint">${text}</p></figcaption>
      ${
        lines.length === 0
          ? nothing
          : html`<div class="plot" role="img" aria-label="${title}. ${text}"></div>
            <p class="hint under" aria-hidden="true">${this.reading(figure) || this.legend(lines)}</p>`
      }
      ${
        rows.length === 0
          ? nothing
          : html`<details ?open=${this.undrawn}><summary>${board("as_table")}</summary>
            <div class="scrolled" tabindex="0" role="region" aria-labelledby="f-${id}">
              <table><thead><tr>${head.map((word) => html`<th scope="col">${word}</th>`)}</tr></thead>
              <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>
            </div></details>`
      }
    </figure>`;
  }
  private legend(lines: readonly Line[]): TemplateResult {
    return html`<span class="legend">${lines.map((line) => html`<span>${sample(line)} ${line.name}</span>`)}</span>`;
  }
}
