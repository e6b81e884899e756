/** Reads headers off the page's thread. */
export {};
