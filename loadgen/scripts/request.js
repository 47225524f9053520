// The requests under load: which one comes next, its text, and what is counted of its answer.
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';
import { sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import * as arrivals from 'k6/x/arrivals';
import { describeSource, valueOf } from './extract.js';
import { hasFailed, noteFailure, noteMissing, sayWhy } from './failures.js';
import { ARRIVALS, FOLLOWS, TARGET, config, secretOf, send } from './trial.js';

// Ids of the warm-up start far above those of the measurement: unique, and sums stay exact.
export const FIRST_ID = { measure: 1, warmup: 1000000000, freshness: 2000000000 };
// What is drawn follows from these alone, so that it is the same in every trial. What ${request_id} puts
// in may be of no other trial of the experiment either: those numbers begin where the trial's do.
const { measure, warmup, experiment } = config.ids || FIRST_ID;
const AHEAD = { measure: measure - FIRST_ID.measure, warmup: warmup - FIRST_ID.warmup };
const CHOICE = hashText('which request');
const MAX_REDIRECTS = 10; // of one request; the next one is a failure

// The output sums these ids exactly: accepted, accepted_id_sum, accepted_id_mix.
export const acceptedId = new Counter('accepted_id');
// Of the answers that say by X-Cache whether they came from a cache; of the measurement only.
const byCache = { hit: new Trend('cache_hit', true), miss: new Trend('cache_miss', true) };

// What the steps of this virtual user's iteration took from their answers, and the names of all.
let taken = {};
const extracts = config.requests.flatMap((request) => request.extract || []);
const extracted = new Set(extracts.map(({ name }) => name));
const places = new Set(extracts.filter(({ path }) => path).map(({ name }) => name));
const requests = config.requests.map((request) => prepare(request));
const total = requests.reduce((sum, request) => sum + request.weight, 0);
const side = config.side ? prepare(config.side.request) : null;

// Each field is taken by its name: a contract test sees that the configuration has it.
export function prepare(request, name = request.name) {
  const secret = Object.entries(request.secretHeaders || {}).map(([k, v]) => {
    const value = secretOf(v, k);
    return [k, () => value];
  });
  const headers = Object.entries(request.headers || {}).map(([k, v]) => [k, template(v)]).concat(secret);
  const constant = Object.values(request.headers || {}).every((text) => !text.includes('${'));
  const expected = request.expectedStatuses && http.expectedStatuses(...request.expectedStatuses);
  const extract = request.extract || [];
  const params = (id) => ({
    timeout: config.timeoutMs,
    tags: { name },
    throw: true,
    redirects: FOLLOWS ? MAX_REDIRECTS : 0,
    ...(expected && { responseCallback: expected }),
    ...(extract.some(({ source }) => source === 'json') && { responseType: 'text' }),
    ...(headers.length && { headers: Object.fromEntries(headers.map(([n, make]) => [n, make(id)])) }),
  });
  const always = params(0);
  return {
    name,
    method: request.method,
    weight: request.weight,
    writes: request.writes,
    expected: request.expectedStatuses,
    extract,
    url: template(TARGET + request.path, inPath),
    text: template(request.body, inBody(request.headers)),
    params: constant ? () => always : params,
  };
}

export function perform(request, id, params = request.params(id)) {
  const answer = send(request.method, request.url(id), request.text(id), sayWhy(params));
  noteFailure(request, answer);
  if (request.writes && answer.status >= 200 && answer.status < 300) acceptedId.add(id);
  return answer;
}

export function loadOnce() {
  if (ARRIVALS) arrivals.mark();
  const scenario = exec.scenario;
  const id = FIRST_ID[scenario.name] + scenario.iterationInTest;
  const answer = config.inOrder ? performAll(id) : perform(choose(id), id);
  if (config.tellsCache && scenario.name === 'measure') noteCache(answer);
  pause();
}

function pause() {
  if (config.thinkTimeMs > 0) sleep(config.thinkTimeMs / 1000);
}

// The steps of one iteration, until one fails: the later ones rest on it.
function performAll(id) {
  let answer = null;
  taken = {};
  for (const [i, step] of requests.entries()) {
    if (i > 0) pause();
    answer = perform(step, id);
    if (hasFailed(answer.status, step.expected)) return answer;
    const missing = step.extract.find((one) => !take(one, answer));
    if (missing) {
      // The answer itself is counted as a good one: what fails is the step that it was needed for.
      const { name } = requests[i + 1] || step;
      noteMissing(name, answer.status, `${describeSource(missing)} in the answer to ${step.name}`);
      return answer;
    }
  }
  return answer;
}

function take(one, answer) {
  const value = valueOf(one, answer);
  taken[one.name] = value;
  return value !== undefined;
}

// A closed loop against nothing: how many requests k6 itself can make.
export function ceilingOnce() {
  perform(requests[0], 0);
}

export function sideOnce() {
  arrivals.mark();
  perform(side, exec.scenario.iterationInTest);
}

function noteCache(answer) {
  const trend = byCache[answer.headers['X-Cache']];
  if (trend) trend.add(answer.timings.duration);
}

// The same iteration makes the same request in every variant and every replicate.
function choose(id) {
  if (requests.length === 1) return requests[0];
  let left = mix(id ^ CHOICE) / 4294967296 * total;
  return requests.find((request) => (left -= request.weight) < 0) || requests[0];
}

// template('a${x}b') is a function of the request's id; text without variables costs nothing.
function template(given, escaped = String) {
  if (given === null || given === undefined) return () => null;
  const text = pad(given);
  const parts = text.split(/\$\{(\w+)\}/); // literal, name, literal, name, …, literal
  if (parts.length === 1) return () => text;
  const makers = parts.map((part, i) => (i % 2 ? variable(part, escaped) : null));
  return (id) => {
    let out = parts[0];
    for (let i = 1; i < parts.length; i += 2) out += makers[i](id) + parts[i + 1];
    return out;
  };
}

function pad(text) {
  return config.paddingBytes ? text.replace('${padding}', 'x'.repeat(config.paddingBytes)) : text;
}

function inPath(text) {
  return encodeURIComponent(text);
}

// What stands for a text in a body, as its kind asks.
function inBody(headers) {
  const given = Object.entries(headers || {}).filter(([name]) => name.toLowerCase() === 'content-type');
  const type = given.length ? given[given.length - 1][1] : '';
  if (type.includes('json')) return (text) => JSON.stringify(String(text)).slice(1, -1);
  return type.includes('urlencoded') ? encodeURIComponent : String;
}

function variable(name, escaped) {
  if (name === 'request_id') return (id) => id + (id < FIRST_ID.warmup ? AHEAD.measure : AHEAD.warmup);
  if (name === 'experiment_id' && experiment) return () => experiment;
  if (places.has(name) && escaped === inPath) return () => taken[name];
  if (extracted.has(name)) return () => escaped(taken[name]);
  return drawn(name, escaped);
}

function drawn(name, escaped) {
  const given = (config.variables || {})[name];
  if (!given) {
    throw new Error(`${config.run}: the request uses \${${name}}, but variables has no ${name}`);
  }
  const salt = hashText(name);
  const at = (id, count) => Math.floor(mix(id ^ salt) / 4294967296 * count);
  if (given.max !== undefined) {
    const width = given.max - given.min + 1;
    return (id) => given.min + at(id, width);
  }
  const texts = given.values || linesOf(name, given.file);
  return (id) => escaped(texts[at(id, texts.length)]);
}

// The virtual users share the lines of a file: there may be many of both.
function linesOf(name, file) {
  const lines = new SharedArray(name, () => open(file).split(/\r?\n/).filter((line) => line !== ''));
  if (!lines.length) throw new Error(`${config.run}: the ConfigMap of the variable ${name} has no line`);
  return lines;
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
