import { watchServiceWorker } from "./core/service-worker.ts";

watchServiceWorker(() => {});
