// Before anything is painted: the theme and the language of the last visit, so that neither flashes. A module would come too late.
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
})();
