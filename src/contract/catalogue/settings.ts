import { catalogue } from "./entry.ts";

/** What a change of destinations and rules can be told. */
export const settingsErrors = catalogue({
  provisioned: {
    title: "Given by the configuration file",
    cause: "The configuration file gives this, and what it gives is read-only here.",
    acts: "it",
    action: "Change it in the configuration file and reload the box (systemctl reload relaypacs).",
    retryable: false,
  },
  destination_exists: {
    title: "Destination exists already",
    cause: "There is a destination with this id already.",
    acts: "it",
    action: "Choose another id, or change the destination that is there.",
    retryable: false,
  },
  destination_in_use: {
    title: "Destination in use",
    cause: "Something still names this destination.",
    acts: "it",
    action: "Take it out of what names it first.",
    retryable: false,
  },
  route_order_outdated: {
    title: "Other rules than before",
    cause: "The order does not name every rule that was added exactly once.",
    acts: "it",
    action: "Load the rules again and order them anew.",
    retryable: true,
  },
});
