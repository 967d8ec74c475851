// Long work in slices: between two of them a press or a scroll is answered.

const SLICE_MS = 10;

// step(item) for each. The clock says when a slice ends, for what one step costs differs by browser and machine.
export async function inSlices(items, step) {
  let began = performance.now();
  for (const item of items) {
    step(item);
    if (performance.now() - began < SLICE_MS) continue;
    await turn();
    began = performance.now();
  }
}

// The browser does what else is due first. A message comes at once, where a timer is held back after some.
export function turn() {
  if (globalThis.scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
