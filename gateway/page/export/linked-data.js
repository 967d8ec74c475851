// Rows as linked data: JSON-LD in schema.org's words, and a IIIF annotation list (Presentation API 2.1, Open Annotation), both with the
// Getty's ids of the genres.

import { concept } from "./vocabulary.js";

export function* toJson(rows) {
  yield "[";
  yield* entries(rows, (one) => one);
  yield "\n]\n";
}

export function* toJsonLd(rows) {
  yield '{\n"@context": "https://schema.org",\n"@graph": [';
  yield* entries(answered(rows), (one) => ({
    // A guess of the model's makes no artwork, and no genre.
    "@type": right(one) ? "VisualArtwork" : "CreativeWork",
    "@id": name(one),
    name: one.file,
    ...(right(one) && { genre: term(right(one)) }),
    additionalProperty: [
      property("model genre", term(one.genre)),
      property("confidence", one.confidence),
      property("certain", one.certain),
      property("typicality", one.typicality),
      property("model version", one.model_version),
      property("verdict", one.verdict || null),
      property("verdict time", one.verdict_time),
      property("remark", one.remark || null),
    ].filter((entry) => entry.value !== null),
  }));
  yield "\n]\n}\n";
}

// Each row is a motivation "classifying" on its picture, which is named by its file: put the address of its canvas in that place.
export function* toIiif(rows, id) {
  yield `{\n"@context": "http://iiif.io/api/presentation/2/context.json",\n"@id": "urn:uuid:${id}",\n"@type": "sc:AnnotationList",\n"resources": [`;
  yield* entries(answered(rows), (one, index) => ({
    "@id": `urn:uuid:${id}#${index + 1}`,
    "@type": "oa:Annotation",
    motivation: "oa:classifying",
    // What a person has rejected or left open is no tag; what nobody has judged is the program's.
    resource: [...(one.verdict ? [right(one)] : [one.genre]).filter(Boolean).map(tag), remark(one)],
    on: name(one),
    annotatedBy: one.verdict
      ? { "@type": "foaf:Person", name: "reviewer" }
      : { "@type": "prov:SoftwareAgent", name: `${one.model} ${one.model_version}` },
    annotatedAt: (one.verdict && one.verdict_time) || one.time,
  }));
  yield "\n]\n}\n";
}

function answered(rows) {
  return rows.filter((one) => one.genre);
}

function* entries(rows, entry) {
  for (const [index, one] of rows.entries()) yield `${index ? "," : ""}\n${JSON.stringify(entry(one, index), null, 2)}`;
}

// The person's genre where one was given.
function right(one) {
  return one.verdict && !["none", "unsure"].includes(one.verdict) ? one.verdict : null;
}

function term(genre) {
  return { "@type": "DefinedTerm", name: genre, ...(concept(genre) && { "@id": concept(genre) }) };
}

function tag(genre) {
  return { "@type": "oa:Tag", label: genre, chars: genre, ...(concept(genre) && { "@id": concept(genre) }) };
}

function remark(one) {
  const verdict = one.verdict && `, verdict ${one.verdict}`;
  const note = one.remark && `, ${one.remark}`;
  return { "@type": "cnt:ContentAsText", format: "text/plain", chars: `${one.genre} ${one.confidence}${verdict}${note}` };
}

function property(label, value) {
  return { "@type": "PropertyValue", name: label, value };
}

function name(one) {
  return `urn:ragam:file:${encodeURIComponent(one.file)}`;
}
