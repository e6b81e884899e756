/** Values that the build puts in (scripts/build-web.ts). */
declare const INTAKE_WORKER_URL: string;

/** Where the intake worker's module is served: `new Worker(intakeWorkerUrl, { type: "module" })`. */
export const intakeWorkerUrl: string = INTAKE_WORKER_URL;
