import "./app-shell.ts";
import { createAccount } from "./api/account.ts";
import { createAdministration } from "./api/admin.ts";
import { createAuditBook } from "./api/audit.ts";
import { restoreSession } from "./api/auth.ts";
import { createApi } from "./api/http.ts";
import { createReceipts } from "./api/receipts.ts";
import { uploadsAt } from "./api/uploads.ts";
import { type App, Choice } from "./core/app.ts";
import { chosenFrom } from "./core/chosen.ts";
import { watchInstall } from "./core/install.ts";
import { mine } from "./core/mine.ts";
import { takeSharedFiles, watchServiceWorker } from "./core/service-worker.ts";
import { createInviting, createSession } from "./core/session.ts";
import { applyTheme, savedLanguage } from "./core/settings.ts";
import { stayAwake } from "./core/staying-awake.ts";
import { chooseLanguage, speak } from "./core/text.ts";
import { createQueue } from "./queue/queue.ts";

/** The composition root of the app: language and theme, session and queue, then the shell. */
applyTheme();
watchInstall();
const spoken = speak(chooseLanguage([savedLanguage() ?? "", ...navigator.languages]));

const api = createApi();
const session = createSession(api);
const known = new Promise<void>((resolve) => {
  const stop = api.onUser(() => {
    stop();
    resolve();
  });
});
// a bad network must not keep the screen empty: who was here last is known before the box has answered
const [queue] = await Promise.all([createQueue(api), Promise.race([restoreSession(api), known]), spoken]);
const app: App = {
  audit: createAuditBook(api),
  admin: createAdministration(api),
  queue: mine(queue, session),
  session,
  account: createAccount(api),
  inviting: createInviting(api),
  receipts: createReceipts(api),
  allUploads: (cursor) => uploadsAt(api, cursor),
  choice: new Choice(),
};
stayAwake(queue);

const shell = document.querySelector("app-shell") ?? document.body.appendChild(document.createElement("app-shell"));
Object.assign(shell, { app });

if (location.hash.endsWith("?shared"))
  void takeSharedFiles().then(async (files) => {
    app.choice.waiting = await chosenFrom(files);
    dispatchEvent(new Event("app-changed"));
  });
void watchServiceWorker((newer) => Object.assign(shell, { newer })).then((there) =>
  Object.assign(shell, { withoutWorker: !there }),
);
