import { state } from "lit/decorators.js";
import { ApiError } from "../api/problem.ts";
import { announce } from "../core/app.ts";
import { leadTo } from "../core/focus.ts";
import { AccountPage } from "../pages/account-page.ts";
import { tell } from "./words.ts";
import { wrongOf } from "./wrong-fields.ts";

/** What forms of settings share: the box says of each field what is wrong with it. */
export abstract class SettingsForm extends AccountPage {
  /** By a field's path; what belongs to none stands under "". */
  @state() protected wrong: Readonly<Record<string, string>> = {};

  /** The fields that this form shows, by their paths. */
  protected abstract readonly paths: readonly string[];

  /** Sends it; where the box names fields, the first of them has the focus. */
  protected async sending(work: () => Promise<void>): Promise<void> {
    this.wrong = {};
    await this.act(async () => {
      try {
        await work();
      } catch (error) {
        const wrong = error instanceof ApiError ? wrongOf(error, this.paths) : {};
        if (Object.keys(wrong).length === 0) throw error;
        this.wrong = wrong;
        announce(tell("form_wrong"));
      }
    });
    const [first] = Object.keys(this.wrong);
    if (first === undefined) return;
    leadTo(this.querySelector('[aria-invalid="true"]') ?? this.querySelector(".problem"));
  }
}
