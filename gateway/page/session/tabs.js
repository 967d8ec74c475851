// The other tabs of this browser: what one has written in a session, the others that show the session read.

// By which each tab is known, in the ids of the works that are added in it too.
export const [TAB] = crypto.getRandomValues(new Uint32Array(1));

const channel = globalThis.BroadcastChannel ? new BroadcastChannel("ragam") : null;

// {session} with one of: {written, removed}, ids of works; {deleted: true}, the session itself; {asks: TAB}, which works are under way; and
// {to: TAB, underWay}, the answer to that.
export function tellTabs(news) {
  channel?.postMessage(news);
}

export function onTabs(listener) {
  channel?.addEventListener("message", ({ data }) => listener(data));
}
