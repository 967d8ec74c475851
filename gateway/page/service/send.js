// One request to this service, and its envelope. XMLHttpRequest, because fetch does not tell how much of a file has been sent.

import { key } from "./key.js";
import { text, understood } from "./types.js";

// Resolves to {status, data, error, detail, retryAfter}: status 0 where no answer came, data null where there is none, retryAfter in
// seconds or null. Rejects only when signal aborts, with its reason. `path` is relative, so that the page works below any address.
export function send(method, path, { file = null, name = null, signal = null, onSent = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.setRequestHeader("Accept", "application/json");
    if (key()) request.setRequestHeader("Authorization", `Bearer ${key()}`);
    request.upload.addEventListener("progress", (event) => onSent(event.loaded / event.total));
    request.addEventListener("load", () => resolve(read(request)));
    request.addEventListener("error", () => resolve({ status: 0, data: null, error: null, detail: null, retryAfter: null }));
    request.addEventListener("abort", () => reject(signal?.reason));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    const body = file && new FormData();
    body?.append("image", file, name ?? file.name);
    request.send(body);
  });
}

const LONGEST_SENTENCE = 10_000;

function read(request) {
  let envelope = null;
  try {
    envelope = JSON.parse(request.responseText);
  } catch {
    // A proxy's page, say: its status has to do.
  }
  return {
    status: request.status,
    data: envelope?.data ?? null,
    error: understood(() => text(envelope?.status?.error)),
    detail: understood(() => text(envelope?.status?.detail, LONGEST_SENTENCE)),
    retryAfter: seconds(request.getResponseHeader("Retry-After")),
  };
}

// Retry-After is a number of seconds, or a date.
function seconds(header) {
  if (!header) return null;
  const value = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(value) ? Math.max(0, value) : null;
}
