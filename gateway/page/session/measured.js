// Made by `python -m release figures` from the model card of the latest version, not by hand. Figures are of 100, on paintings of other
// collections than those that the version learned from: right of all answers, certain of all, right of the certain; `beside` is what stands
// beside an answer, right on artists that it did not learn from; by genre, found of its paintings and right of the answers that name it.
export const MEASURED = {
  "version": 4,
  "all": {"paintings": 255, "artists": 78, "right": [59, 47, 71], "certain": 31, "certainRight": [83, 71, 94]},
  "beside": {"certain": 77, "uncertain": 48},
  "genres": {
    "Abstract": {"paintings": 68, "found": 93, "right": 86},
    "Expressionism": {"paintings": 26, "found": 35, "right": 60},
    "Neoclassicism": {"paintings": 32, "found": 28, "right": 43},
    "Primitivism": {"paintings": 22, "found": 55, "right": 38},
    "Realism": {"paintings": 50, "found": 74, "right": 57},
    "Romanticism": {"paintings": 21, "found": 38, "right": 27},
    "Symbolism": {"paintings": 36, "found": 33, "right": 63}
  }
};
