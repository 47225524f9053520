import http from 'k6/http';
import { sleep } from 'k6';

export const options = { batch: 2 };

export default function () {
  http.batch([
    ['GET', `${__ENV.LOADLAB_TARGET}/page`],
    ['GET', `${__ENV.LOADLAB_TARGET}/json`],
    ['POST', `${__ENV.LOADLAB_TARGET}/echo`, 'text', { tags: { name: 'echo' } }],
  ]);
  sleep(0.05);
}
