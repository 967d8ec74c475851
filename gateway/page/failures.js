// From an answer that is none to the words that say so. The server's own sentence, where there is one, is shown beside them.

const BY_STATUS = {
  0: "error.network",
  400: "error.400",
  401: "error.401",
  403: "error.403",
  404: "error.404",
  405: "error.405",
  408: "error.408",
  413: "error.413",
  414: "error.414",
  415: "error.415",
  417: "error.417",
  429: "error.429",
  431: "error.431",
  500: "error.500",
  501: "error.501",
  502: "error.502",
  503: "error.503",
  504: "error.504",
};

// {status, word, detail}
export function failure({ status, detail }) {
  return { status, word: BY_STATUS[status] ?? "error.other", detail };
}
