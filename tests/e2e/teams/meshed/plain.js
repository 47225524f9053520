// The requests of experiment.yaml, as they are made by somebody who has k6 and nothing else.
import { check } from 'k6';
import http from 'k6/http';

const SECONDS = 10;
const load = { executor: 'constant-arrival-rate', rate: 50, preAllocatedVUs: 50, gracefulStop: '0s' };

export const options = {
  scenarios: {
    warmup: { ...load, duration: '2s' },
    measure: { ...load, startTime: '2s', duration: `${SECONDS}s` },
  },
  thresholds: { // without them the summary has no figures of a scenario
    'http_reqs{scenario:measure}': ['count>0'],
    'http_req_failed{scenario:measure}': ['rate<0.01'],
    'http_req_duration{scenario:measure}': ['p(95)<1000'],
  },
};

export default function () {
  const shelf = Math.floor(Math.random() * 200);
  const answer = http.get(`${__ENV.TARGET}/search?shelf=${shelf}&limit=10`);
  check(answer, { good: ({ status }) => status === 200 });
}

export function handleSummary({ metrics }) {
  const { values } = metrics['http_req_duration{scenario:measure}'];
  const figures = {
    requestsPerSecond: metrics['http_reqs{scenario:measure}'].values.count / SECONDS,
    p50: values.med,
    p95: values['p(95)'],
    failedRate: metrics['http_req_failed{scenario:measure}'].values.rate,
  };
  return { stdout: `${JSON.stringify(figures)}\n` };
}
