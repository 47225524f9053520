// A trial's pods reach the service and the steward, and nothing else: a library that is addressed by
// URL would fail after minutes, or come from somewhere where no policy binds. So it is named at once.
// A comment, or a text, in which what looks like a comment is none.
const COMMENTS = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[^]*?\*\/|\/\/.*$/gm;
// An export without from is a declaration, and any text in it no address of a file.
const IMPORTS = new RegExp([
  /(?:^|;)\s*import\b\s*(?:[\w$*{},\s]+?\bfrom\b\s*)?/,
  /(?:^|;)\s*export\s*(?:\*\s*(?:as\s+[\w$]+\s*)?|\{[^{}'"]*\}\s*)from\s*/,
  /\b(?:require|import)\s*\(\s*/,
].map((before) => `${before.source}['"]([^'"\n]+)['"]`).join('|'), 'gm');

export function refuseAddresses(path) {
  if (__VU !== 0) return; // the others load what was looked at
  const seen = new Set();
  const waiting = [path];
  while (waiting.length) {
    const file = waiting.pop();
    if (!seen.has(file)) {
      seen.add(file);
      waiting.push(...localOnes(file));
    }
  }
}

// The files that a file imports; an address among them is an error.
function localOnes(file) {
  const text = textOf(file).replace(COMMENTS, (_, quoted) => quoted || '');
  const found = [...text.matchAll(IMPORTS)].map((match) => match[1] || match[2] || match[3]);
  const address = found.find((specifier) => /^(https?:)?\/\//.test(specifier));
  if (address) {
    throw new Error(`${file} imports ${address}, and a trial loads nothing from a network: put that file ` +
      'into the ConfigMap, and import it as ./NAME');
  }
  if (found.some((specifier) => /^k6\/browser\b/.test(specifier))) {
    throw new Error(`${file} imports k6/browser, and no browser is here: k6/http makes a trial's requests`);
  }
  const folder = file.slice(0, file.lastIndexOf('/'));
  return found.filter((specifier) => /^\.?\//.test(specifier)).map((specifier) => (
    specifier.startsWith('/') ? specifier : `${folder}/${specifier.slice(2)}`
  ));
}

// What is not there k6 itself will miss, in its own words.
function textOf(file) {
  try {
    return open(file);
  } catch {
    return '';
  }
}
