// A picture by its address. The policy of the page lets it read from its own origin alone, so that no picture or key can leave for another.

// {file} or {word}, a key of the catalogue that says why not.
export async function fetched(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    return { word: "address.none" };
  }
  if (address.protocol === "data:") return fromData(text);
  if (!["http:", "https:"].includes(address.protocol)) return { word: "address.none" };
  if (address.origin !== location.origin) return { word: "address.elsewhere" };
  try {
    const answer = await fetch(address);
    if (!answer.ok) return { word: "address.failed" };
    const blob = await answer.blob();
    const name = decodeURIComponent(address.pathname.split("/").pop()) || address.hostname;
    return { file: new File([blob], name, { type: blob.type }) };
  } catch {
    return { word: "address.failed" };
  }
}

function fromData(text) {
  const parts = /^data:(image\/([a-z0-9.+-]+));base64,(.*)$/is.exec(text);
  if (!parts) return { word: "address.none" };
  try {
    const bytes = Uint8Array.from(atob(parts[3]), (letter) => letter.charCodeAt(0));
    return { file: new File([bytes], `data.${parts[2].replace("jpeg", "jpg")}`, { type: parts[1] }) };
  } catch {
    return { word: "address.none" };
  }
}
