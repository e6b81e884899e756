import type { RouteConfig } from "../../src/core/config-schema.ts";
import { explainRoutes } from "../../src/forward/route.ts";
import { routableAsked } from "../../src/forward/route-facts.ts";
import { folderConfig } from "../../src/forward/test-box.ts";
import { median, percentile } from "./measure.ts";
import type { Bench } from "./result.ts";

const rules = 50;
const studies = 2000;

/** Rules with every condition there is, of which the last one is never met: all of them are looked at. */
const route = Array.from(
  { length: rules },
  (_, index): RouteConfig => ({
    name: `rule ${index}`,
    when: {
      modality: ["CT", "MR", "X*"],
      service_level: ["stat", "routine"],
      body_part: ["HEAD", "CHEST", "*SPINE"],
      user: ["anna", "b*"],
      ae_title: ["CT_*", "MR_?"],
      institution: "*hospital*",
      description: ["*stroke*", "*trauma*", `*protocol ${index}*`],
      time: ["22:00-06:00", "12:00-13:00"],
    },
    to: [`pacs-${index % 10}`],
  }),
);
const config = { route, destination: Array.from({ length: 10 }, (_, index) => folderConfig(`pacs-${index}`)) };

/** One study against 50 rules, by what the router and `route try` both call; twenty series have a description each. */
export const routing: Bench = {
  name: "routing",
  run: async (scale) => {
    const took: number[] = [];
    for (let index = 0; index < Math.ceil(studies * scale); index++) {
      const study = routableAsked(
        {
          modality: ["CT", "SR"],
          body_part: "LSPINE",
          user: "bernd",
          ae_title: "CT_SOUTH",
          institution: "General Hospital South",
          description: Array.from({ length: 20 }, (_, series) => `Series ${series} of protocol ${index % rules}`),
          time: index % 2 === 0 ? "23:00" : "09:00",
        },
        0,
      );
      const started = performance.now();
      explainRoutes(config, study);
      took.push(performance.now() - started);
    }
    const of = `median of ${took.length} studies against ${rules} rules, p95 ${percentile(took, 95).toFixed(2)} ms`;
    return [{ name: "routing: one study", figure: median(took), unit: "ms", bound: { most: 1 }, of }];
  },
};
