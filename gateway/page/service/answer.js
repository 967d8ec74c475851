// The service's answers as the page understands them, or null: no other part of the page looks whether a field is there and what it is.
// Fields that the page does not know are left out.

import { figure, list, name, object, optional, share, some, text, truth, understood, whole } from "./types.js";

const MOST = 1000;

// The data of /prediction?details=true&similar=true. What a version of the model need not tell is absent.
export function answerOf(data) {
  return understood(() => {
    const { image_types_prediction: genre, confidence, scores, model, ...more } = object(data);
    const told = {
      certain: optional(more.certain, truth),
      typicality: optional(more.typicality, share),
      expected_accuracy: optional(more.expected_accuracy, share),
      similar: optional(more.similar, (works) => list(works, MOST, work)),
    };
    return {
      image_types_prediction: name(genre),
      confidence: share(confidence),
      scores: some(scores, MOST, score),
      model: { name: text(object(model).name), version: whole(model.version) },
      ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null)),
    };
  });
}

// The data of /genres: [{name, description}], description a text by language.
export function genresOf(data) {
  return understood(() => some(data, MOST, (one) => ({ name: name(object(one).name), description: optional(one.description, texts, {}) })));
}

// The map of /explanation: rows of equal length.
export function heatmapOf(data) {
  return understood(() => {
    const rows = some(object(data).heatmap, MOST, (row) => some(row, MOST, share));
    return rows.every((row) => row.length === rows[0].length) ? rows : null;
  });
}

function score(value) {
  return { genre: name(object(value).genre), confidence: share(value.confidence) };
}

function work(value) {
  const { artist, title, similarity } = object(value);
  return { artist: optional(artist, long), title: optional(title, long), similarity: figure(similarity, -1.01, 1.01) };
}

function long(value) {
  return text(value, 100_000);
}

function texts(value) {
  return Object.fromEntries(Object.entries(object(value)).map(([language, one]) => [language, optional(one, long)]));
}
