// The genre of a picture, in a browser and in Node: node classify.mjs PICTURE

export async function classify(url, file, name, key = "") {
  const form = new FormData();
  form.append("image", file, name);
  const headers = key ? { "X-API-Key": key } : {};
  for (const pause of [1, 2, 4, 8, 16, null]) {
    // Null where there is no connection, or it was lost.
    const answer = await fetch(`${url}/prediction?details=true`, { method: "POST", body: form, headers }).catch(() => null);
    if (pause !== null && [429, 503, undefined].includes(answer?.status)) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * (answer?.headers.get("Retry-After") ?? pause)));
      continue;
    }
    if (!answer) throw new Error(`There is no connection to ${url}.`);
    const { status, data } = await answer.json().catch(() => ({}));
    if (!data) throw new Error(status ? `${status.error}: ${status.detail}` : `It was not Ragam that answered ${answer.status}.`);
    return data;
  }
}

if (globalThis.process?.argv[1]?.endsWith("classify.mjs")) {
  const { openAsBlob, statSync } = await import("node:fs");
  const { env: { RAGAM_URL: url = "http://127.0.0.1:5000", RAGAM_API_KEY: key }, argv: [, , picture, more] } = process;
  if (more || !statSync(picture ?? "", { throwIfNoEntry: false })?.isFile()) {
    console.error("Name a picture: node classify.mjs PICTURE");
    process.exit(2);
  }
  await classify(url, await openAsBlob(picture), picture, key).then(
    (data) => console.log(data.image_types_prediction, data.confidence, data.certain ? "certain" : "not certain"),
    (error) => [console.error(error.message), process.exit(1)],
  );
}
