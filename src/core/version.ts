import { version as released } from "../../package.json" with { type: "json" };

declare const BUILD_COMMIT: string;
declare const BUILD_VERSION: string;

/** The commit the executable was built from; "" where it is not known. */
export const commit: string = typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : "";
export const version: string = typeof BUILD_VERSION === "string" ? BUILD_VERSION : released;
