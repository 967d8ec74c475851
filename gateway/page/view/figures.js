// What the service knows, in sentences, with the figures of the version that answers.

import { genres, onGenres } from "../service/genres.js";
import { account, answeredBy, onVersion } from "../session/account.js";
import { onWork } from "../session/works.js";
import { genreName, onLanguage, say, together } from "../text/language.js";

export function startFigures() {
  onGenres(show);
  onLanguage(show);
  onVersion(show);
  onWork((work, happened, { answer }) => answer && answeredBy(answer.model.version));
}

function show() {
  const known = genres();
  const names = together(known.map(genreName));
  const sentences = [known.length ? say("knows.genres", { count: known.length, genres: names }) : null, account().join(" "), say("knows.not")];
  const paragraph = (sentence) => Object.assign(document.createElement("p"), { textContent: sentence });
  document.getElementById("knows").replaceChildren(...sentences.filter(Boolean).map(paragraph));
}
