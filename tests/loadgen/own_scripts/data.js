import http from 'k6/http';
import { SharedArray } from 'k6/data';
import { sleep } from 'k6';
import { pick } from './pick.js';

const users = new SharedArray('users', () => JSON.parse(open('./users.json')));

export default function () {
  const { name } = pick(users);
  http.post(`${__ENV.LOADLAB_TARGET}/echo`, JSON.stringify({ name }), {
    headers: { 'Content-Type': 'application/json' },
  });
  sleep(0.05);
}
