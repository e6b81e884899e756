import { version as released } from "../../package.json" with { type: "json" };

declare const BUILD_COMMIT: string;

/** The commit the executable was built from; "" where it is not known. */
export const commit: string = typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : "";
export const version: string = released;
