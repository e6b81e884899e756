/** A device that several people use: lock and masked names, in English. */
export const deviceEn = {
  device_title: "This device",
  device_shared: "Several people use this device",
  device_text:
    "Names of patients are then shown as initials until you tap them, and the screen locks after 2 minutes without a touch. Sending goes on behind the lock.",
  show_name: "Show the name",
  lock: "Lock",
  key_l: "Lock a shared device",
  locked_title: "Locked",
  locked_lead: "{name} is signed in on this device. Enter the password to go on.",
  locked_other: "Somebody else? {name} is signed out; studies on their way go on being sent.",
  unlock: "Unlock",
  trust_title: "Trust this box",
  trust_text:
    "How a phone, tablet or computer is made to trust the hospital box, with the certificate and its fingerprint.",
  trust_open: "Set up a device",
} as const;
