// The one k6 script of every trial. What it does is in the file that CONFIG names, so that two
// trials differ in configuration only. setup() waits for the service and the other pods; `warmup`
// and `measure` load; `edges` takes snapshots at both ends of the measurement; teardown() waits
// until the work is done and prints the account.
import exec from 'k6/execution';
import http from 'k6/http';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';

const config = JSON.parse(open(__ENV.CONFIG || '/etc/loadlab/trial.json'));
const load = config.load;
const pod = Number(__ENV.JOB_COMPLETION_INDEX || 0);

// Ids of the warm-up start far above those of the measurement: unique, and sums stay exact.
const FIRST_ID = { warmup: 1000000000, measure: 1 };
const EDGE_GRACE_MS = 15000; // for the last snapshot, after the planned end
const BARRIER_GRACE_MS = 10000; // for an answer that is held until the others arrive
const K6_SHORTEST_MS = 1000; // of a constant executor
const RETRY_SECONDS = 0.25;
const STALL_SECONDS = 2.4; // of arrivals that must find a virtual user: a stall of 2 s, and a fifth

const RAMPS = load.executor.startsWith('ramping');
const ARRIVALS = load.executor.endsWith('arrival-rate');
const PLANNED_MS = load.durationMs + (RAMPS ? load.rampUpMs : 0);

// The output sums these ids exactly: accepted, accepted_id_sum, accepted_id_mix.
const acceptedId = new Counter('accepted_id');

// --- options --------------------------------------------------------------------------------

checkPods();
checkTimes();

export const options = {
  scenarios: scenarios(),
  ...segment(),
  discardResponseBodies: true,
  systemTags: ['scenario', 'name', 'status'], // the fewer, the cheaper is each request
  setupTimeout: `${2 * config.deadlines.readyMs + 2 * BARRIER_GRACE_MS}ms`,
  teardownTimeout: `${finishWithinMs() + 2 * BARRIER_GRACE_MS}ms`,
};

// The pods of an Indexed Job have the same command line and differ in their number only.
function segment() {
  if (config.pods === 1) return {};
  const cut = (i) => (i === 0 || i === config.pods ? `${i / config.pods}` : `${i}/${config.pods}`);
  const cuts = Array.from({ length: config.pods + 1 }, (_, i) => cut(i));
  return {
    executionSegment: `${cut(pod)}:${cut(pod + 1)}`,
    executionSegmentSequence: cuts.join(','),
  };
}

function checkPods() {
  const users = ARRIVALS ? arrivalUsers() : load.virtualUsers;
  if (!(users >= config.pods)) {
    throw new Error(`${config.run}: ${users} virtual users cannot be shared by ` +
      `${config.pods} pods: raise virtualUsers or lower parallelism`);
  }
}

function checkTimes() {
  const warmupFits = load.warmupMs === 0 || load.warmupMs >= K6_SHORTEST_MS;
  if (!warmupFits || load.durationMs < K6_SHORTEST_MS) {
    throw new Error(`${config.run}: duration ${load.durationMs} ms and warmup ` +
      `${load.warmupMs} ms: k6 loads for no less than 1 s; only the warm-up may be 0`);
  }
}

function arrivalUsers() {
  if (load.maxVirtualUsers) return load.maxVirtualUsers;
  const perSecond = load.rate * 1000 / load.timeUnitMs;
  return Math.max(Math.ceil(perSecond * STALL_SECONDS), load.virtualUsers || 0, config.pods);
}

function scenarios() {
  const warmup = load.warmupMs > 0 ? { warmup: warmupScenario() } : {};
  return { ...warmup, measure: measureScenario(), edges: edgesScenario() };
}

function measureScenario() {
  return {
    exec: 'request',
    startTime: `${load.warmupMs}ms`,
    gracefulStop: `${load.gracefulStopMs}ms`,
    ...(RAMPS ? ramp() : constant(load.durationMs)),
  };
}

// The warm-up ends its own requests inside its time: measuring begins with an idle service, the
// service's count of requests is the measurement's alone, and no virtual user is needed twice.
function warmupScenario() {
  const settleMs = Math.min(load.gracefulStopMs, Math.floor(load.warmupMs / 4));
  const loadMs = Math.max(load.warmupMs - settleMs, K6_SHORTEST_MS);
  return { exec: 'request', gracefulStop: `${settleMs}ms`, ...constant(loadMs) };
}

function edgesScenario() {
  return {
    executor: 'shared-iterations', // with several pods it falls to one of them
    exec: 'edges',
    vus: 1,
    iterations: 1,
    startTime: `${load.warmupMs}ms`,
    maxDuration: `${PLANNED_MS + EDGE_GRACE_MS}ms`,
    gracefulStop: '0s',
  };
}

function constant(ms) {
  const duration = `${ms}ms`;
  if (!ARRIVALS) return { executor: 'constant-vus', vus: load.virtualUsers, duration };
  return { executor: 'constant-arrival-rate', rate: load.rate, duration, ...arrivals() };
}

function ramp() {
  const target = ARRIVALS ? load.rate : load.virtualUsers;
  const stages = [
    { duration: `${load.rampUpMs}ms`, target },
    { duration: `${load.durationMs}ms`, target },
  ];
  if (!ARRIVALS) return { executor: 'ramping-vus', startVUs: 0, stages };
  return { executor: 'ramping-arrival-rate', startRate: 0, stages, ...arrivals() };
}

// All users exist from the start: one made on demand comes too late for the arrival that asked.
function arrivals() {
  const users = arrivalUsers();
  return { timeUnit: `${load.timeUnitMs}ms`, preAllocatedVUs: users, maxVUs: users };
}

// --- the request ----------------------------------------------------------------------------

const METHOD = config.request.method;
const renderPath = template(config.target + config.request.path);
const renderBody = template(bodyText(config.request.body));
const headers = Object.entries(config.request.headers || {}).map(([k, v]) => [k, template(v)]);

function bodyText(body) {
  return typeof body === 'object' && body !== null ? JSON.stringify(body) : body;
}

// template('a${x}b') is a function of the request's id; text without variables costs nothing.
function template(text) {
  if (text === null || text === undefined) return () => null;
  const parts = text.split(/\$\{(\w+)\}/); // literal, name, literal, name, …, literal
  if (parts.length === 1) return () => text;
  const makers = parts.map((part, i) => (i % 2 ? variable(part) : null));
  return (id) => {
    let out = parts[0];
    for (let i = 1; i < parts.length; i += 2) out += makers[i](id) + parts[i + 1];
    return out;
  };
}

function variable(name) {
  if (name === 'request_id') return (id) => id;
  const range = (config.variables || {})[name];
  if (!range) {
    throw new Error(`${config.run}: the request uses \${${name}}, but variables has no ${name}`);
  }
  const salt = hashText(name);
  const width = range.max - range.min + 1;
  return (id) => range.min + Math.floor(mix(id ^ salt) / 4294967296 * width);
}

// The same request gets the same values in every variant and every replicate.
function mix(n) {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hashText(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

function paramsFor(id) {
  const params = { timeout: config.request.timeoutMs, tags: { name: 'request' }, throw: true };
  if (headers.length > 0) {
    params.headers = Object.fromEntries(headers.map(([name, make]) => [name, make(id)]));
  }
  return params;
}

export function request() {
  const scenario = exec.scenario;
  const id = FIRST_ID[scenario.name] + scenario.iterationInTest;
  const status = send(METHOD, renderPath(id), renderBody(id), paramsFor(id)).status;
  if (status >= 200 && status < 300) acceptedId.add(id);
  if (config.request.thinkTimeMs > 0) sleep(config.request.thinkTimeMs / 1000);
}

// k6 would log every failed request; thrown and caught it is only counted.
function send(method, url, body, params) {
  try {
    return http.request(method, url, body, params);
  } catch (err) {
    return { status: 0, body: null, error: String(err.message || err) };
  }
}

// --- setup: the service is ready, the pods start together -----------------------------------

export function setup() {
  awaitService();
  const release = askSteward('arrive', config.deadlines.readyMs,
    { pod, pods: config.pods, timeoutMs: config.deadlines.readyMs });
  sleep(release.startInMs / 1000);
  return { startedAt: Date.now() };
}

function awaitService() {
  const url = config.target + config.readinessPath;
  const withinMs = config.deadlines.readyMs;
  const deadline = Date.now() + withinMs;
  const params = { timeout: 1000, tags: { name: 'readiness' }, throw: true };
  for (;;) {
    const last = send('GET', url, null, params);
    if (last.status === 200) return;
    if (Date.now() >= deadline) {
      abort(`the service was not ready after ${withinMs} ms: GET ${url} gave ${describe(last)}`);
    }
    sleep(0.05);
  }
}

// askSteward posts to a barrier, again while the steward is away, and aborts when it refuses.
function askSteward(verb, withinMs, body) {
  const url = `${config.steward}/runs/${config.run}/${verb}`;
  const deadline = Date.now() + withinMs + BARRIER_GRACE_MS;
  for (;;) {
    const answer = send('POST', url, JSON.stringify(body), {
      headers: { 'Content-Type': 'application/json' },
      timeout: Math.max(deadline - Date.now(), 1000),
      responseType: 'text', tags: { name: verb }, throw: true,
    });
    if (answer.status === 200) return JSON.parse(answer.body);
    const away = answer.status === 0 || answer.status >= 500;
    if (!away || Date.now() >= deadline) {
      abort(`the steward refused: POST ${url} gave ${describe(answer)}`);
    }
    sleep(RETRY_SECONDS);
  }
}

function describe(answer) {
  const text = `${answer.status} ${(answer.body || '').slice(0, 500)}`.trim();
  return answer.status === 0 ? answer.error : text;
}

function abort(why) {
  exec.test.abort(`${config.run}, pod ${pod}: ${why}`);
}

// --- edges: what the parts had used when measuring began and ended --------------------------

export function edges() {
  const end = exec.scenario.startTime + PLANNED_MS;
  printSnapshot('start');
  sleep(Math.max(end - Date.now(), 0) / 1000);
  printSnapshot('end');
}

function printSnapshot(edge) {
  const params = { timeout: 5000, responseType: 'text', tags: { name: 'snapshot' }, throw: true };
  const answer = send('GET', snapshotUrl(), null, params);
  const body = answer.status === 200 ? JSON.parse(answer.body) : { error: describe(answer) };
  print('loadlab_snapshot', { edge, ...body });
}

function snapshotUrl() {
  const query = Object.entries(config.instruments)
    .filter(([, address]) => address)
    .map(([component, address]) => `${component}=${encodeURIComponent(address)}`);
  return `${config.steward}/runs/${config.run}/snapshot?${query.join('&')}`;
}

// --- teardown: the account ------------------------------------------------------------------

export function teardown(data) {
  const cutShort = Date.now() < data.startedAt + load.warmupMs + PLANNED_MS;
  if (cutShort) return; // a pod told to go waits for no account
  print('loadlab_account', askSteward('finish', finishWithinMs(),
    { pod, pods: config.pods, drainMs: config.deadlines.drainMs }));
}

// The barrier opens when the last pod has ended its requests, and then the drain begins.
function finishWithinMs() {
  return load.gracefulStopMs + config.deadlines.drainMs;
}

function print(key, value) {
  console.log(JSON.stringify({ [key]: value })); // --log-format raw: the line is the message
}
