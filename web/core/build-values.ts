/** Values that the build puts in (scripts/build-web.ts); tests of parts run without them. */
declare const INTAKE_WORKER_URL: string | undefined;

/** Where the intake worker's module is served: `new Worker(intakeWorkerUrl, { type: "module" })`. */
export const intakeWorkerUrl: string = typeof INTAKE_WORKER_URL === "string" ? INTAKE_WORKER_URL : "/intake-worker.js";
