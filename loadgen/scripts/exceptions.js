// An iteration that throws ends there, without its later requests and its pauses, and k6 says so in
// its log only: here it is counted by what was thrown. The log has each text once.
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { config } from './trial.js';

const TEXTS = 20; // that a virtual user tells apart
const LOGGERS = 20; // virtual users of a pod whose exceptions are logged, too
const LENGTH = 200;
const OTHERS = 'other exceptions';
const SECRET_LENGTH = 8; // a shorter one is found in any text
const NO_SECRET = /^(TRIAL_|LOADLAB_|PATH$|HOME$|HOSTNAME$)/;

const thrown = new Counter('loadlab_exception');
const told = new Set();
const secrets = Object.entries(__ENV)
  .filter(([name, value]) => !NO_SECRET.test(name) && value.length >= SECRET_LENGTH && !isPlace(value))
  .map(([, value]) => value)
  .toSorted((a, b) => b.length - a.length);

export function counted(iteration) {
  try {
    const result = iteration();
    return result && typeof result.then === 'function' ? result.then(undefined, count) : result;
  } catch (error) {
    return count(error);
  }
}

function count(error) {
  const text = textOf(error);
  const isNew = !told.has(text);
  const isTold = !isNew || told.size < TEXTS;
  thrown.add(1, { text: isTold ? text : OTHERS });
  if (isNew && isTold) {
    told.add(text);
    if (exec.vu.idInInstance <= LOGGERS) throw error;
  }
}

function textOf(error) {
  const said = String(error).replace(/^GoError: /, '');
  const [, file, line] = /([^/\s(]+\.[cm]?[jt]s):(\d+):\d+/.exec((error && error.stack) || '') || [];
  return withoutValues(said).slice(0, LENGTH) + (file ? ` (${file}:${line})` : '');
}

// What it says ends in a status, and who reads that may not read what the script is given.
function withoutValues(said) {
  return [config.target, ...secrets].reduce((left, value, n) => left.split(value).join(n ? '***' : ''), said);
}

function isPlace(value) {
  return /^(\/|https?:\/\/[^@]*$)/.test(value);
}
