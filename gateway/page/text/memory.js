// What is remembered from visit to visit. A browser may refuse: then nothing is, and nothing breaks.

export function remember(name, value) {
  try {
    localStorage.setItem(`ragam.${name}`, value);
  } catch {
    // As said above.
  }
}

export function remembered(name) {
  try {
    return localStorage.getItem(`ragam.${name}`);
  } catch {
    return null;
  }
}
