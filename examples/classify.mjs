// The genre of a picture, in a browser and in Node: node classify.mjs PICTURE

export async function classify(url, file, name, key = "") {
  const form = new FormData();
  form.append("image", file, name);
  for (let tries = 1; ; tries++) {
    const headers = key ? { "X-API-Key": key } : {};
    const answer = await fetch(`${url}/prediction?details=true`, { method: "POST", body: form, headers });
    if ([429, 503].includes(answer.status) && tries < 5) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * (answer.headers.get("Retry-After") ?? 1)));
      continue;
    }
    const { status, data } = await answer.json();
    if (data === null) throw new Error(`${status.error}: ${status.detail}`);
    return data;
  }
}

if (globalThis.process?.argv[2]) {
  const { openAsBlob } = await import("node:fs");
  const { RAGAM_URL: url = "http://127.0.0.1:5000", RAGAM_API_KEY: key } = process.env;
  const data = await classify(url, await openAsBlob(process.argv[2]), process.argv[2], key);
  console.log(data.image_types_prediction, data.confidence, data.certain ? "certain" : "not certain");
}
