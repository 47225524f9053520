// What is told of failed requests beside k6's own samples: what an answer said, and requests of which
// k6 has no sample at all.
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { config, withoutSecrets } from './trial.js';

const LOOKERS = 20; // virtual users of a pod that read what a failed answer says
const EXAMPLE_LENGTH = 200;
// A status that names another place. k6 counts it as a success, but who asked has no answer yet.
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const OTHERS_3XX = [300, 304, 305, 306];

const example = new Counter('failure_example');
const unsampled = new Counter('unsampled_request');
const told = new Set(); // by this virtual user: scenarios and statuses that have their example
let curious = false; // whether the next answer's body is wanted

if (config.redirects !== 'Accept') {
  http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, ...OTHERS_3XX));
}

// Bodies are discarded, but for an answer after one that failed.
export function sayWhy(params) {
  return curious ? { ...params, responseType: 'text' } : params;
}

export function noteFailure({ name, expected }, answer) {
  if (answer.status === 0) {
    if (hasNoSample(answer.error)) unsampled.add(1, { name, text: answer.error });
  } else if (hasFailed(answer.status, expected) && exec.vu.idInInstance <= LOOKERS) {
    look(answer, exec.scenario.name);
  }
}

// The text is that of an answer which k6 would not take, of which the output knows the status.
export function noteMissing(name, status, what) {
  unsampled.add(1, { name, text: `unsupported response status: ${status} without ${what}` });
}

// A URL that cannot be read is refused before k6 measures, and a 101 is given up in the middle.
function hasNoSample(error) {
  return error.startsWith('invalid URL') || error.startsWith('unsupported response status');
}

// Without a status there was no answer.
export function hasFailed(status, expected) {
  if (status === 0) return true;
  if (expected) return !expected.includes(status);
  return status >= 400 || (config.redirects !== 'Accept' && REDIRECTS.has(status));
}

function look(answer, scenario) {
  const key = `${scenario} ${answer.status}`;
  if (told.has(key)) return;
  const said = answer.headers.Location ? place(answer.headers.Location) : answer.body;
  const unread = !said && answer.body === null;
  // What failed in the warm-up will fail in the measurement, where few may fail twice.
  curious = unread || scenario === 'warmup';
  if (unread) return;
  told.add(key);
  if (!said) return; // an answer that was read may have nothing to say
  example.add(1, { status: `${answer.status}`, example: withoutSecrets(said).slice(0, EXAMPLE_LENGTH) });
}

function place(location) {
  const inside = location.startsWith(`${config.target}/`);
  return inside ? location.slice(config.target.length) : location;
}
