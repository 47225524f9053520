// What moves on the pages: server-sent events become texts and lines. No text becomes markup here:
// elements come from the page's own templates, texts go in as texts.

const NS = "http://www.w3.org/2000/svg";
const { root, query } = document.body.dataset;
const AGAIN_MS = 5000; // after a refusal, which an EventSource takes for the end
const SHOWN = 60; // seconds in a table
const curves = new Map(); // by key: second → row

const by = (name) => document.getElementById(name);

function put(where, text) {
  if (where && where.textContent !== text) {
    where.textContent = text;
  }
}

function say(where, text) {
  put(where, text);
  where.hidden = !text;
}

function outcome(where, text) {
  where.className = where.className.replace(/\bis-\S*/g, "").trim();
  if (text) {
    where.classList.add(`is-${text.toLowerCase().replace(/\W/g, "")}`);
  }
}

// The list

function fill(row, entry) {
  const key = `${entry.namespace}/${entry.name}`;
  row.dataset.key = key;
  row.rank = [...entry.rank, key];
  const link = row.querySelector("a");
  put(link, entry.name);
  link.href = `${root}/experiments/${encodeURIComponent(entry.namespace)}/${encodeURIComponent(entry.name)}`;
  const box = row.querySelector("input");
  box.value = key;
  box.setAttribute("aria-label", `Put ${entry.name} beside another`);
  for (const field of ["namespace", "phase", "queue", "progress", "verdict", "message"]) {
    put(row.querySelector(`[data-f="${field}"]`), entry[field]);
  }
  outcome(row.querySelector('[data-f="phase"]'), entry.phase);
  outcome(row.querySelector('[data-f="verdict"]'), entry.verdict);
}

function isBefore(a, b) {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && a[at] < b[at];
}

function place(body, row) {
  const next = [...body.children].find((each) => each !== row && isBefore(row.rank, each.rank));
  if (row.parentNode !== body || row.nextElementSibling !== (next ?? null)) {
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    body.insertBefore(row, next ?? null);
    focused?.focus();
  }
}

function showRows({ rows, gone, isAll }) {
  const body = by("rows");
  const known = new Map([...body.children].map((row) => [row.dataset.key, row]));
  const wanted = new Set(rows.map((entry) => `${entry.namespace}/${entry.name}`));
  for (const [key, row] of known) {
    if (gone.includes(key) || (isAll && !wanted.has(key))) {
      row.remove();
    }
  }
  const filled = rows.map((entry) => {
    const old = known.get(`${entry.namespace}/${entry.name}`);
    const row = old ?? by("row").content.firstElementChild.cloneNode(true);
    fill(row, entry);
    return row;
  });
  for (const row of filled) {
    place(body, row);
  }
  by("none").hidden = body.children.length > 0;
}

function boundChoice() {
  const boxes = [...document.querySelectorAll('#rows input[type="checkbox"]')];
  const isEnough = boxes.filter((box) => box.checked).length >= 2;
  for (const box of boxes) {
    box.disabled = isEnough && !box.checked;
  }
}

// A panel

const panelOf = (key) => document.querySelector(`.panel[data-key="${CSS.escape(key)}"]`);

function showPanel({ key, entry, remaining }) {
  const panel = panelOf(key);
  const told = { ...entry, remaining, phase: entry?.phase ?? "Not there" };
  for (const field of ["trial", "progress", "queue", "started", "ended", "remaining"]) {
    const where = panel.querySelector(`[data-f="${field}"]`);
    put(where, told[field] ?? "");
    where.parentNode.hidden = !told[field];
  }
  const phase = panel.querySelector('[data-f="phase"]');
  put(phase, told.phase);
  outcome(phase, told.phase);
  const verdict = panel.querySelector('[data-f="verdict"]');
  say(verdict, told.verdict ?? "");
  outcome(verdict, told.verdict ?? "");
  say(panel.querySelector('[data-f="message"]'), told.message ?? "");
  showReport(panel, Boolean(entry?.is_over));
  const trial = told.trial ? `, trial ${told.trial}` : "";
  document.title = `${told.phase}${trial}: ${document.title.split(": ").at(-1)}`;
}

function showReport(panel, isOver) {
  panel.querySelector(".live").hidden = isOver;
  panel.querySelector(".report").hidden = !isOver;
  const frame = panel.querySelector("iframe");
  if (isOver && !frame.src) {
    frame.src = frame.dataset.src;
  }
  if (by("ratios-now")) {
    by("ratios-now").hidden = Boolean(document.querySelector(".report[hidden]"));
  }
}

function showSeconds({ key, run, rows, note, isNew }) {
  const panel = panelOf(key);
  if (isNew || !curves.has(key)) {
    curves.set(key, new Map());
  }
  const known = curves.get(key);
  for (const row of rows) {
    known.set(row[0], row);
  }
  put(panel.querySelector('[data-f="run"]'), run ? `run ${run}` : "no load at the moment");
  say(panel.querySelector('[data-f="note"]'), note);
  const all = [...known.values()].toSorted((a, b) => a[0] - b[0]);
  for (const chart of panel.querySelectorAll("[data-chart]")) {
    draw(chart, all, chart.dataset.chart === "rate" ? 1 : 3);
  }
  put(panel.querySelector('[data-now="rate"]'), latest(all, 1));
  put(panel.querySelector('[data-now="p95"]'), latest(all, 3));
  tabulate(panel.querySelector("table.seconds tbody"), all.slice(-SHOWN).toReversed());
}

const spell = (figure) =>
  figure === null ? "–" : figure.toLocaleString("en", { maximumSignificantDigits: 4 });

function latest(all, column) {
  const found = all.findLast((row) => row[column] !== null);
  return found ? spell(found[column]) : "";
}

function tabulate(body, rows) {
  const lines = rows.map(([second, rate, failed, p95, phase]) => {
    const line = document.createElement("tr");
    for (const text of [`${second}`, spell(rate), spell(failed), spell(p95), phase]) {
      line.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    return line;
  });
  body.replaceChildren(...lines);
}

// A chart: text in pixels and percent, lines in a drawing within that is stretched

function element(name, attributes, ...children) {
  const made = document.createElementNS(NS, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

// An axis from 0 in round steps; of seconds none is a fraction.
function axis(most, steps) {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = power * steps.find((each) => each * power >= most / 4);
  return { step, high: step * Math.ceil(most / step) };
}

function grid(seconds, figures) {
  const parts = [];
  for (let at = 0; at <= figures.high * 1.001; at += figures.step) {
    const y = `${100 * (1 - at / figures.high)}%`;
    parts.push(element("line", { class: "grid", x1: "0", x2: "100%", y1: y, y2: y }));
    parts.push(element("text", { class: "yt", x: "0", y }, spell(at)));
  }
  for (let at = 0; at <= seconds.high; at += seconds.step) {
    const x = `${(100 * at) / seconds.high}%`;
    parts.push(element("text", { class: "xt", x, y: "100%" }, spell(at)));
  }
  return parts;
}

function stretched(...children) {
  const size = { width: "100%", height: "100%", preserveAspectRatio: "none" };
  return element("svg", { viewBox: "0 0 1000 1000", ...size }, ...children);
}

function polyline(kind, all, column, x, high) {
  const points = all
    .filter((row) => row[column] !== null)
    .map((row) => `${x(row[0]).toFixed(1)},${(1000 * (1 - row[column] / high)).toFixed(1)}`);
  return element("polyline", { class: kind, points: points.join(" ") });
}

function draw(chart, all, column) {
  const hasFailed = column === 1 && all.some((row) => row[2] > 0);
  const highest = all.map((row) => Math.max(row[column] ?? 0, hasFailed ? row[2] : 0));
  const seconds = axis(Math.max(20, all.at(-1)?.[0] ?? 0), [1, 2, 5, 10]);
  const figures = axis(Math.max(1, ...highest), [1, 2, 2.5, 5, 10]);
  const x = (second) => (1000 * second) / seconds.high;
  const lines = [polyline(`s${chart.dataset.series}`, all, column, x, figures.high)];
  if (hasFailed) {
    lines.push(polyline("s5 dotted", all, 2, x, figures.high));
  }
  const measured = all.filter((row) => row[4] === "measurement");
  const [from, to] = [x(measured[0]?.[0] ?? 0), x(measured.at(-1)?.[0] ?? 0)];
  const shade = element("rect", { class: "window", x: from, y: 0, width: to - from, height: 1000 });
  chart.replaceChildren(stretched(shade), ...grid(seconds, figures), stretched(...lines));
}

// The stream

function listen() {
  const source = new EventSource(`${root}/events${query}`);
  const on = (name, show) => source.addEventListener(name, (event) => show(JSON.parse(event.data)));
  source.addEventListener("open", () => say(by("lost"), ""));
  source.addEventListener("error", () => {
    say(by("lost"), "No word from loadlab dashboard: this page stands still, and tries again.");
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(listen, AGAIN_MS);
    }
  });
  on("api", ({ away, leftOut }) => {
    say(by("away"), away && `${away}. What is shown may be old; it is asked again.`);
    if (by("left-out")) {
      by("left-out").hidden = !leftOut;
    }
  });
  on("rows", showRows);
  on("panel", showPanel);
  on("seconds", showSeconds);
  on("end", () => {
    source.close();
    say(by("lost"), "loadlab dashboard has ended: start it again, and open the address it prints.");
  });
}

if (query !== "none") {
  document.addEventListener("change", boundChoice);
  listen();
}
