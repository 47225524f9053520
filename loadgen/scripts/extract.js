// What a step takes of its answer into later ones: a number with all its digits, and of a place the
// path, where it is the service's own.
import { config } from './trial.js';

const HOST = config.target.split('/')[2];
const PLACE = /^\/(?!\/)[\x21\x22\x24-\x5b\x5d-\x7e]*$/; // as a spec's paths: no blanks, # and backslashes
const MANY_DIGITS = /\d{16}/; // beyond 2^53 JavaScript rounds
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g; // texts and numbers of JSON

// The value, or undefined where the answer has none that a text can have.
export function valueOf({ source, at, path }, answer) {
  const found = find[source](answer, at);
  const value = path ? placeOf(found) : found;
  return ['string', 'number', 'boolean'].includes(typeof value) ? value : undefined;
}

export function describeSource({ source, at, path }) {
  return `${source} ${at}${path ? ' as a path of the service' : ''}`;
}

const find = {
  json: (answer, at) => at.split('.').reduce((part, key) => (part ? part[key] : undefined), read(answer.body)),
  header: (answer, at) => {
    const name = Object.keys(answer.headers).find((each) => each.toLowerCase() === at.toLowerCase());
    return name && answer.headers[name];
  },
  cookie: (answer, at) => answer.cookies[at] && answer.cookies[at].length && answer.cookies[at][0].value,
};

function read(body) {
  try {
    return JSON.parse(exact(body));
  } catch {
    return undefined;
  }
}

function exact(body) {
  if (!MANY_DIGITS.test(body)) return body;
  return body.replace(TOKENS, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token));
}

// Behind the first slash, which the path that names it has itself. The scheme may be another one
// where something in between ends TLS; it is asked for at the target all the same.
function placeOf(found) {
  const [, host, rest] = /^https?:\/\/([^/]+)(\/.*)$/.exec(found) || [null, HOST, found];
  return host === HOST && PLACE.test(rest) ? rest.slice(1) : undefined;
}
