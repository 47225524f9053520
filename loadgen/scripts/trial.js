// The trial's configuration, and what all the other modules need of it.
import http from 'k6/http';
import { steadyMs } from 'k6/x/clock';
import * as noop from 'k6/x/noop';

export const config = readConfiguration();
export const load = config.load;
export const pod = Number(__ENV.JOB_COMPLETION_INDEX || 0);

export const RAMPS = load.executor.startsWith('ramping');
export const ARRIVALS = load.executor.endsWith('arrival-rate');
export const FOLLOWS = config.redirects === 'Follow';
export const PLANNED_MS = load.durationMs + (RAMPS ? load.rampUpMs : 0);
// Where the load goes: a calibration asks a server that does nothing, in this very process.
export const TARGET = config.calibration ? noop.address() : config.target;
export const BARRIER_GRACE_MS = 10000; // for an answer that is held until the others arrive

function readConfiguration() {
  let text = '';
  for (let n = 0; `TRIAL_${n}` in __ENV; n++) text += __ENV[`TRIAL_${n}`];
  if (!text) throw new Error('TRIAL_0 is not set: it holds the configuration of the trial');
  return JSON.parse(text);
}

// What the samples of this pod are known by where k6's own outputs send them.
export function tags() {
  return { ...config.tags, loadlab_pod: `${pod}` };
}

// k6 would log every failed request; thrown and caught it is only counted.
export function send(method, url, body, params) {
  try {
    return http.request(method, url, body, params);
  } catch (err) {
    // Go says first what was asked of whom, which whoever quotes the error has said already.
    const error = String(err.message || err).replace(/^GoError: /, '').replace(/^\w+ "[^"]*": /, '');
    return { status: 0, body: null, headers: {}, error };
  }
}

export function describe(answer) {
  const text = `${answer.status} ${(answer.body || '').slice(0, 500)}`.trim();
  return answer.status === 0 ? answer.error : text;
}

// What the Secrets of headers hold, by variable: without the line break that a file ends with.
const secrets = {};

export function secretOf({ variable, prefix }, header) {
  const value = (__ENV[variable] || '').trim();
  // k6 would refuse each request, and a message of Go's may quote the value.
  if (!/^[ -~]+$/.test(value)) {
    throw new Error(`${config.run}: the Secret of the header ${header} holds ` +
      (value ? 'more than printable ASCII of one line' : 'nothing'));
  }
  secrets[variable] = value;
  return prefix + value;
}

// An answer may repeat what it was sent, and ends in a status.
export function withoutSecrets(text) {
  const forms = Object.values(secrets).flatMap((value) => (
    [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]
  ));
  return forms.reduce((left, form) => left.split(form).join('***'), text);
}

// The barrier opens when the last pod has ended its requests, and then the drain begins.
export function finishWithinMs() {
  return load.gracefulStopMs + config.deadlines.drainMs;
}

// When a scenario that runs began, by the steady clock. k6 has it by the wall clock, which may be set
// later: whoever needs it asks at once.
export function startedMs(scenario) {
  return steadyMs() - (Date.now() - scenario.startTime);
}
