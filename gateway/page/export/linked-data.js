// Rows as JSON, and as linked data: JSON-LD in schema.org's words with the W3C's annotations, and a IIIF annotation list (Presentation API
// 2.1, Open Annotation), both with the Getty's ids of the genres. What the model says and what a person says are annotations of their own.
// In pieces, as is all that is saved.

import { assertions, givenGenre } from "./assertions.js";
import { escaped } from "./controls.js";
import { concept } from "./vocabulary.js";

const CONTEXT = [
  "https://schema.org",
  {
    oa: "http://www.w3.org/ns/oa#",
    rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    dcterms: "http://purl.org/dc/terms/",
    xsd: "http://www.w3.org/2001/XMLSchema#",
  },
];

export function* toJson(rows) {
  yield "[";
  yield* entries(rows);
  yield "\n]\n";
}

// `genre` is the person's alone: whoever reads no more than that must not take a guess for a fact.
export function* toJsonLd(rows, id) {
  yield `{\n"@context": ${JSON.stringify(CONTEXT)},\n"@graph": [`;
  yield* entries(rows.filter((row) => row.genre).flatMap((row) => [picture(row), ...assertions(row).map((one) => annotation(row, one, id))]));
  yield "\n]\n}\n";
}

// Each picture is named by its file: put the address of its canvas in that place.
export function* toIiif(rows, id) {
  const list = { "@context": "http://iiif.io/api/presentation/2/context.json", "@id": `urn:uuid:${id}`, "@type": "sc:AnnotationList" };
  yield `${JSON.stringify(list, null, 2).slice(0, -2)},\n"resources": [`;
  yield* entries(rows.filter((row) => row.genre).flatMap((row) => assertions(row).map((one) => openAnnotation(row, one, id))));
  yield "\n]\n}\n";
}

function* entries(values) {
  for (const [index, value] of values.entries()) yield `${index ? "," : ""}\n${escaped(JSON.stringify(value, null, 2))}`;
}

function picture(row) {
  const genre = givenGenre(row);
  // That there is a picture is all that is known of a file of which nobody has judged.
  return { "@type": genre ? "VisualArtwork" : "ImageObject", "@id": address(row), name: row.file, ...(genre && { genre: term(genre) }) };
}

function annotation(row, one, id) {
  const body = [one.genre && term(one.genre), one.text && { "@type": "oa:TextualBody", "oa:hasPurpose": purpose(one), "rdf:value": one.text }];
  return {
    "@type": "oa:Annotation",
    "@id": annotationId(row, one, id),
    "oa:motivatedBy": { "@id": `oa:${one.motivation}` },
    "oa:hasTarget": { "@id": address(row) },
    "oa:hasBody": body.filter(Boolean),
    "dcterms:creator": one.by === "model" ? program(row) : { "@type": "Person", ...(row.judged_by && { name: row.judged_by }) },
    ...(one.at && { "dcterms:created": { "@type": "xsd:dateTime", "@value": one.at } }),
    ...(one.by === "model" && { additionalProperty: figures(row) }),
  };
}

function purpose({ genre, motivation }) {
  return { "@id": `oa:${genre ? "commenting" : motivation}` };
}

function program(row) {
  return { "@type": "SoftwareApplication", name: row.model, softwareVersion: String(row.model_version) };
}

function figures(row) {
  const told = { "model genre": term(row.genre), ...pick(row, ["confidence", "certain", "typicality", "expected_accuracy"]) };
  return Object.entries(told).map(([name, value]) => ({ "@type": "PropertyValue", name, value }));
}

// A figure that the version does not tell is absent.
function pick(row, names) {
  return Object.fromEntries(names.filter((name) => row[name] !== null).map((name) => [name, row[name]]));
}

function openAnnotation(row, one, id) {
  return {
    "@id": annotationId(row, one, id),
    "@type": "oa:Annotation",
    motivation: `oa:${one.motivation}`,
    resource: [one.genre && tag(one.genre), one.text && { "@type": "cnt:ContentAsText", format: "text/plain", chars: one.text }].filter(Boolean),
    on: address(row),
    annotatedBy:
      one.by === "model"
        ? { "@type": "prov:SoftwareAgent", name: `${row.model} ${row.model_version}` }
        : { "@type": "foaf:Person", ...(row.judged_by && { name: row.judged_by }) },
    ...(one.at && { annotatedAt: one.at }),
  };
}

function term(genre) {
  return { "@type": "DefinedTerm", name: genre, ...(concept(genre) && { "@id": concept(genre) }) };
}

function tag(genre) {
  return { "@type": "oa:Tag", label: genre, chars: genre, ...(concept(genre) && { "@id": concept(genre) }) };
}

// The same in every export of a session, whatever is shown.
function annotationId(row, one, id) {
  return `urn:uuid:${id}#${one.by}-${row.id}`;
}

function address(row) {
  return `urn:ragam:file:${encodeURIComponent(row.file)}`;
}
