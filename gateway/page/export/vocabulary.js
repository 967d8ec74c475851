// The genres in the Art & Architecture Thesaurus of the Getty (vocab.getty.edu, Open Data Commons Attribution License 1.0), by their ids
// there. docs/interface.md names the public sources in which each was found. A genre that is not here has no id that was found for certain.

const CONCEPTS = {
  Abstract: "300108127",
  Expressionism: "300021502",
  Realism: "300172861",
  Romanticism: "300172863",
};

export function concept(genre) {
  return Object.hasOwn(CONCEPTS, genre) ? `http://vocab.getty.edu/aat/${CONCEPTS[genre]}` : null;
}
