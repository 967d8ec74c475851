// Before anything is painted, for which a module would come too late: the theme and the language of the last visit, so that neither flashes,
// and what a person gives before the modules run.
(() => {
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("ragam.theme");
    language = localStorage.getItem("ragam.language");
  } catch {
    // A browser may refuse storage: then every visit is the first.
  }
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  // Old browsers name Indonesian by its former code, in. A language without a catalogue becomes English once the catalogues are there.
  const own = navigator.language.split("-")[0].toLowerCase();
  document.documentElement.lang = language ?? (own === "in" ? "id" : own);

  // What is chosen stays in the input until it is read there.
  const pickers = { choose: "files", folder: "folders", photograph: "camera", "session-open": "session-file" };
  document.addEventListener("click", ({ target }) => document.getElementById(pickers[target.id])?.click());
  document.addEventListener("dragover", (event) => event.preventDefault());

  // For intake.js. A transfer is empty after its event. A folder has no type; what has one is not asked for its entry, which takes the browser
  // half a millisecond each.
  const given = (window.ragamGiven = []);
  const keep = (transfer, pasted) => {
    const items = [...transfer.items].filter(({ kind }) => kind === "file");
    const entries = pasted ? [] : items.map((item) => (item.type ? null : item.webkitGetAsEntry?.()));
    const folders = entries.some((entry) => entry?.isDirectory);
    const files = folders ? items.map((item) => item.getAsFile()) : [...transfer.files];
    const text = transfer.items.length && !files.length ? transfer.getData("text/plain") : null;
    given.push({ pasted, files, entries: folders ? entries : [], text });
  };
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    keep(event.dataTransfer, false);
  });
  document.addEventListener("paste", ({ target, clipboardData }) => {
    if (!target.matches("input, textarea") && clipboardData.items.length) keep(clipboardData, true);
  });
})();
