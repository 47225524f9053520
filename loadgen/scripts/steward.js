// The steward's side of a trial: the common start, the snapshots at both edges, the account.
import exec from 'k6/execution';
import { sleep } from 'k6';
import * as arrivals from 'k6/x/arrivals';
import { steadyMs } from 'k6/x/clock';
import * as iterations from 'k6/x/iterations';
import * as steward from 'k6/x/steward'; // which has the token, and prints what the steward says
import {
  ARRIVALS, BARRIER_GRACE_MS, PLANNED_MS, config, describe, finishWithinMs, load, pod, secretOf, send,
  startedMs, withoutSecrets,
} from './trial.js';

const RETRY_SECONDS = 0.25;
const INSTRUMENTS_MS = 5000; // how long the instruments may take longer than the service
const PROBE_REDIRECTS = 10; // as many as a kubelet's probe follows
const HOPELESS_MS = 10000; // for which the service says without a break what no waiting mends
// A certificate that does not fit, or http where https is spoken.
const NO_TRUST = /x509: |HTTP response to HTTPS client|malformed HTTP response/;
const MAY_PASS = new Set([408, 425, 429]); // of a client's errors
const BEGIN_WITHIN_MS = 5000; // after its time, in which the users of arrivals are called together
const RUNS_ALREADY = Boolean(config.runsAlready);

export function setup() {
  awaitService();
  return arrive();
}

// All pods go on from here together.
export function arrive() {
  if (pod === 0) awaitInstruments();
  const release = askSteward('arrive', config.deadlines.readyMs,
    { pod, pods: config.pods, timeoutMs: config.deadlines.readyMs });
  sleep(release.startInMs / 1000);
  return { startedAt: steadyMs() };
}

export function awaitService() {
  const url = config.target + config.readinessPath;
  const withinMs = config.deadlines.readyMs;
  const deadline = steadyMs() + withinMs;
  const params = { timeout: 1000, tags: { name: 'readiness' }, throw: true, headers: readinessHeaders() };
  let patience = Infinity; // until when what is hopeless is waited for
  for (;;) {
    const last = ask(url, params);
    if (isReady(last)) return;
    const now = steadyMs();
    patience = isHopeless(last) ? Math.min(patience, now + HOPELESS_MS) : Infinity;
    const gave = `GET ${url} gave ${withoutSecrets(describe(last))}`;
    if (now >= deadline) abort(`the service was not ready after ${withinMs} ms: ${gave}`);
    if (now >= patience) abort(`the service was not ready after ${HOPELESS_MS} ms of it: ${gave}`);
    sleep(0.05);
  }
}

// Those of the load that are the same in each request: an app may answer nobody without them.
function readinessHeaders() {
  const secret = Object.entries(config.readinessSecretHeaders || {}).map(([k, v]) => [k, secretOf(v, k)]);
  return { ...config.readinessHeaders, ...Object.fromEntries(secret) };
}

// A service that runs already has started: what it refuses now it refuses in a minute.
function isHopeless(answer) {
  if (answer.status === 0) return NO_TRUST.test(answer.error);
  const refuses = answer.status >= 400 && answer.status < 500;
  return RUNS_ALREADY && refuses && !MAY_PASS.has(answer.status);
}

// Ready is what a kubelet's probe takes for it: 200 to 399, a redirect on the same host followed,
// one to another host being an answer.
function isReady(answer) {
  return answer.status >= 200 && answer.status < 400;
}

// Each place on the way is looked at: the second may be on another host, too.
function ask(url, params) {
  let answer;
  let place = url;
  for (let asked = 0; place && asked <= PROBE_REDIRECTS; asked += 1) {
    answer = send('GET', place, null, { ...params, redirects: 0 });
    const isRedirect = answer.status >= 300 && isReady(answer);
    place = isRedirect && onTheSameHost(answer.headers.Location, place);
  }
  return answer;
}

// Where a Location leads, or undefined where that is another host (or nowhere).
function onTheSameHost(location, from) {
  if (!location || location.startsWith('//')) return undefined;
  if (location.startsWith('/')) return config.target + location;
  if (/^\w+:/.test(location)) return location.startsWith(`${config.target}/`) ? location : undefined;
  return from.replace(/[?#].*$/, '').replace(/[^/]*$/, '') + location;
}

// A meter beside somebody's image starts with it and may take a second more: without it the first
// snapshot would be missing. The others wait for this pod at the barrier.
function awaitInstruments() {
  const deadline = steadyMs() + INSTRUMENTS_MS;
  while (!instrumentsAnswer() && steadyMs() < deadline) sleep(RETRY_SECONDS);
}

function instrumentsAnswer() {
  const answer = steward.look();
  const errors = answer.status === 200 ? JSON.parse(answer.body).errors || {} : {};
  return !('service' in errors || 'worker' in errors);
}

// askSteward posts to a barrier, again while the steward is away, and aborts when it refuses.
function askSteward(verb, withinMs, body, ...more) {
  const deadline = steadyMs() + withinMs + BARRIER_GRACE_MS;
  const text = JSON.stringify(body);
  for (;;) {
    const answer = steward[verb](text, Math.max(deadline - steadyMs(), 1000), ...more);
    if (answer.status === 200) return JSON.parse(answer.body);
    const away = answer.status === 0 || answer.status >= 500;
    if (!away || steadyMs() >= deadline) {
      const url = `${config.steward}/runs/${config.run}/${verb}`;
      abort(`the steward refused: POST ${url} gave ${describe(answer)}`);
    }
    sleep(RETRY_SECONDS);
  }
}

function abort(why) {
  exec.test.abort(`${config.run}, pod ${pod}: ${why}`);
}

// --- edges: what the parts had used when measuring began and ended, and work was done --------

export function edges() {
  tellEdges(PLANNED_MS);
}

export function tellEdges(plannedMs) {
  const own = startedMs(exec.scenario);
  steward.snapshot('start');
  awaitEnd(Math.max(begin(own) + plannedMs - steadyMs(), 0));
  steward.snapshot('end');
}

// Arrivals are counted from when their users are there, which takes the longer the more the warm-up
// made: by this scenario's own time the last of them would come after the end.
function begin(own) {
  const began = ARRIVALS && arrivals.began('measure', BEGIN_WITHIN_MS);
  return began || own;
}

// With a number of iterations the measurement ends with the last of them.
function awaitEnd(withinMs) {
  if (load.iterations) iterations.wait(withinMs);
  else sleep(withinMs / 1000);
}

// --- teardown: the account ------------------------------------------------------------------

export function teardown(data, plannedMs = PLANNED_MS) {
  const isMade = load.iterations && iterations.reached();
  const cutShort = !isMade && steadyMs() < data.startedAt + load.warmupMs + plannedMs;
  if (cutShort) return; // a pod told to go waits for no account
  // Work that was put off is done only after that, and has cost what it costs.
  const lookAgain = pod === 0 && config.requests.some((request) => request.writes);
  askSteward('finish', finishWithinMs(),
    {
      pod, pods: config.pods, drainMs: config.deadlines.drainMs,
      // A pod ends when its own last request has: at most a graceful stop after another.
      togetherMs: load.gracefulStopMs + BARRIER_GRACE_MS,
    }, lookAgain);
}
