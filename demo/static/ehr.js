// The demo EHR's page. Whatever comes from outside is put on screen as text: nothing here parses HTML.

const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const HOUR = 3600e3;
let patient = null;

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function drawn(name, properties = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

async function asked(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const found = await fetch(path, options);
  if (!found.ok) throw new Error(`${path}: ${found.status}`);
  return found.json();
}

const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
const clock = (time) => new Date(time).toLocaleString("en-GB", { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
function age(time) {
  const hours = (Date.now() - new Date(time)) / HOUR;
  return hours < 1 ? `${Math.round(hours * 60)} min ago` : hours < 48 ? `${Math.round(hours)} h ago` : `${Math.round(hours / 24)} d ago`;
}

// Chart ---------------------------------------------------------------------------------------------------------------

function banner(sheet) {
  const latest = (variable) => sheet.series.find((s) => s.variable === variable)?.points.at(-1)?.value;
  const facts = [["Bed", sheet.bed], ["Age, sex", sheet.about], ["MRN", sheet.mrn], ["Weight", `${latest("weight")} kg`],
    ["Height", `${latest("height")} cm`], ["Problem", sheet.problem]];
  const list = element("dl");
  for (const [term, value] of facts) list.append(element("div", {}, element("dt", {}, term), element("dd", {}, value)));
  at("banner").replaceChildren(element("h1", {}, sheet.name), list, element("p", { class: "quiet" }, sheet.story));
}

function plot(sheet, variable, doses) {
  const series = sheet.series.find((s) => s.variable === variable);
  const [width, height, left, right, top, bottom] = [340, 180, 32, 16, 18, 24];
  const now = new Date(sheet.now).getTime();
  const times = [...series.points.map((p) => p.time), ...doses.map((d) => d.start)].map((t) => new Date(t).getTime());
  const first = Math.min(now - 48 * HOUR, ...times) - 2 * HOUR;
  const highest = 1.2 * Math.max(1, ...series.points.map((p) => p.value));
  const x = (time) => left + (width - left - right) * (new Date(time).getTime() - first) / (now + 3 * HOUR - first);
  const y = (value) => height - bottom - (height - top - bottom) * value / highest;
  const image = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${series.name} over time; the values are in the table of results` });
  for (const share of [0, 0.5, 1]) {
    const value = highest * share / 1.2;
    image.append(drawn("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    image.append(drawn("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, number(Number(value.toPrecision(2)))));
  }
  for (let day = 24; now - day * HOUR > first; day += 24) {
    image.append(drawn("text", { x: x(now - day * HOUR), y: height - 8, "text-anchor": "middle" }, `−${day} h`));
  }
  for (const dose of doses) {
    const bar = drawn("rect", { class: "dose", x: x(dose.start), y: height - bottom - 26, width: Math.max(3, x(dose.end) - x(dose.start)), height: 26, rx: 1.5 });
    image.append(bar, drawn("text", { x: x(dose.start), y: height - bottom - 31, "text-anchor": "middle" }, number(dose.amount_mg)));
  }
  image.append(drawn("line", { class: "now", x1: x(now), x2: x(now), y1: top - 6, y2: height - bottom }));
  image.append(drawn("text", { x: x(now), y: height - 8, "text-anchor": "middle" }, "now"));
  if (series.points.length > 1 && doses.length === 0) {
    image.append(drawn("polyline", { class: "trace", points: series.points.map((p) => `${x(p.time)},${y(p.value)}`).join(" ") }));
  }
  for (const point of series.points) {
    image.append(drawn("circle", { class: "dot", cx: x(point.time), cy: y(point.value), r: 4 }));
    image.append(drawn("text", { class: "value", x: x(point.time), y: y(point.value) - 9, "text-anchor": "middle" }, number(point.value)));
  }
  const title = doses.length || variable === "vancomycin" ? "Vancomycin, mg/L (bars: mg)" : `${series.name}, ${series.unit}`;
  return element("section", { class: "panel plot" }, element("h2", {}, title), image);
}

function table(head, rows) {
  const made = element("table", {}, element("thead", {}, element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, h)))));
  made.append(element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))))));
  return made;
}

function results(sheet) {
  const charted = sheet.series.filter((s) => s.points.length && s.variable !== "height");
  return table(["Result", "Latest", "When", "Before"], charted.map((series) => {
    const last = series.points.at(-1);
    const before = series.points.slice(-4, -1).reverse().map((p) => `${number(p.value)} (${age(p.time)})`).join(", ");
    return [series.name, `${number(last.value)} ${series.unit}`, age(last.time), before || "–"];
  }));
}

function doses(sheet) {
  if (!sheet.doses.length) return element("p", { class: "quiet" }, "No dose given yet.");
  const rows = [...sheet.doses].reverse().map((d) => [`${number(d.amount_mg)} mg`, `over ${number(d.infusion_h)} h`, clock(d.start), age(d.start)]);
  return table(["Dose", "Infusion", "Start", ""], rows);
}

// Cards ---------------------------------------------------------------------------------------------------------------

// A number stays on the line of its unit.
const joined = (text) => text.replace(/([\d<>]) (?=\d|%|mg|mcg|mL|L\b|h\b|d\b)/g, "$1\u00a0");

// The part of GitHub-flavoured Markdown that cards use: paragraphs, bold, lists and tables, as text nodes.
function inline(text) {
  return joined(text).split(/(\*\*[^*]+\*\*)/).filter(Boolean)
    .map((part) => (/^\*\*.+\*\*$/.test(part) ? element("strong", {}, part.slice(2, -2)) : part));
}

function cells(line) {
  return line.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => inline(cell.trim()));
}

function block(text) {
  const lines = text.split("\n");
  if (lines.length > 1 && lines[0].startsWith("|")) {
    const made = element("table", {}, element("thead", {}, element("tr", {}, ...cells(lines[0]).map((c) => element("th", { scope: "col" }, ...c)))));
    made.append(element("tbody", {}, ...lines.slice(2).map((line) => element("tr", {}, ...cells(line).map((c) => element("td", {}, ...c))))));
    return made;
  }
  if (lines.every((line) => line.startsWith("- "))) {
    return element("ul", {}, ...lines.map((line) => element("li", {}, ...inline(line.slice(2)))));
  }
  return element("p", {}, ...inline(lines.join(" ")));
}

const markdown = (text) => text.split(/\n{2,}/).filter((part) => part.trim()).map(block);

function card(sent) {
  const tone = ["info", "warning", "critical"].includes(sent.indicator) ? sent.indicator : "info";
  const made = element("article", { class: `card ${tone}` },
    element("span", { class: "from" }, `${sent.source.label} · ${sent.source.topic?.display ?? ""}`),
    element("span", { class: "badge" }, tone),
    element("h3", {}, joined(sent.summary)),
    element("div", { class: "detail" }, ...markdown(sent.detail ?? "")));
  const buttons = element("p", { class: "buttons" });
  for (const suggestion of sent.suggestions ?? []) {
    buttons.append(element("button", { type: "button", class: suggestion.isRecommended ? "primary" : "", onclick: () => accepted(made, sent, suggestion) }, suggestion.label));
  }
  const reasons = overriding(made, sent);
  buttons.append(element("button", { type: "button", onclick: () => { reasons.hidden = false; reasons.querySelector("input").focus(); } }, "Keep my order …"));
  made.append(buttons, reasons);
  return made;
}

function overriding(made, sent) {
  const form = element("form", { hidden: true });
  const choices = (sent.overrideReasons ?? []).map((reason, i) => element("label", {},
    element("input", { type: "radio", name: "reason", value: String(i), required: true }), ` ${reason.display}`));
  form.append(element("fieldset", {}, element("legend", {}, "Why is the order kept?"), ...choices,
    element("label", {}, "Comment (optional)", element("input", { type: "text", name: "comment", maxlength: "300" }))),
  element("p", { class: "buttons" }, element("button", { type: "submit" }, "Keep order and sign")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const { code, system } = sent.overrideReasons[Number(given.get("reason"))];
    const overrideReason = { reason: { code, system } };
    if (given.get("comment").trim()) overrideReason.userComment = given.get("comment").trim();
    await told({ card: sent.uuid, outcome: "overridden", overrideReason });
    made.replaceWith(note("The order was signed as written; your reason went to icu-twin."));
  });
  return form;
}

async function accepted(made, sent, suggestion) {
  for (const action of suggestion.actions) if (action.type === "update") fill(regimenOf(action.resource));
  await told({ card: sent.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] });
  made.replaceWith(note(`${suggestion.label}: the draft was changed. Sign it when you agree.`));
  at("form").querySelector(".primary").focus();
}

async function told(outcome) {
  const { status } = await asked("/api/feedback", { feedback: [{ ...outcome, outcomeTimestamp: new Date().toISOString() }] });
  if (status !== 200) at("answer").prepend(note(`icu-twin did not take the feedback (${status}).`, true));
}
const note = (text, failed = false) => element("p", { class: failed ? "done failed" : "done", role: "status" }, text);

// Order ---------------------------------------------------------------------------------------------------------------

function regimenOf(resource) {
  const dosage = resource.dosageInstruction[0];
  const repeat = dosage.timing?.repeat ?? {};
  const quantity = dosage.doseAndRate[0].doseQuantity;
  const hours = { min: 1 / 60, h: 1, d: 24 };
  return {
    amount_mg: Number(quantity.value) * (quantity.code === "g" ? 1000 : 1),
    interval_h: repeat.period ? Number(repeat.period) * hours[repeat.periodUnit] / (repeat.frequency ?? 1) : null,
    infusion_h: repeat.duration ? Number(repeat.duration) * hours[repeat.durationUnit] : Number(at("infusion").value),
  };
}

function fill(regimen) {
  at("amount").value = regimen.amount_mg;
  at("interval").value = regimen.interval_h ?? "";
  at("infusion").value = Number(regimen.infusion_h.toFixed(2));
}

async function sign(event) {
  event?.preventDefault();
  const button = at("form").querySelector(".primary");
  button.disabled = true;
  at("answer").replaceChildren(note("Asking icu-twin …"));
  try {
    const regimen = { amount_mg: at("amount").value, interval_h: at("interval").value, infusion_h: at("infusion").value };
    const found = await asked(`/api/patients/${encodeURIComponent(patient)}/sign`, regimen);
    at("answer").replaceChildren(...answer(found), call(found));
    document.body.dataset.answered = String(found.cards.length);
  } catch (error) {
    at("answer").replaceChildren(note(`The order could not be signed: ${error.message}`, true));
  } finally {
    button.disabled = false;
  }
}

function answer(found) {
  if (found.status !== 200) return [note(`icu-twin answered ${found.status}. The order can be signed without it.`, true)];
  if (found.cards.length) return found.cards.map(card);
  return [note(`Signed. icu-twin is silent: ${found.reasons.join("; ") || "nothing to add"}.`)];
}

function call(found) {
  const shown = (title, document) => [element("p", { class: "quiet" }, title), element("pre", { tabindex: "0" }, JSON.stringify(document, null, 1))];
  return element("details", { class: "call panel" },
    element("summary", {}, `The signed order-sign call: ${found.status} in ${found.elapsed_ms} ms`),
    ...shown("Answer", found.answer), ...shown("Request", found.request));
}

// Start ---------------------------------------------------------------------------------------------------------------

async function open(id) {
  patient = id;
  const sheet = await asked(`/api/patients/${encodeURIComponent(id)}`);
  banner(sheet);
  at("plots").replaceChildren(plot(sheet, "vancomycin", sheet.doses), plot(sheet, "creatinine", []));
  at("results").replaceChildren(results(sheet));
  at("doses").replaceChildren(doses(sheet));
  at("answer").replaceChildren();
  fill(sheet.draft);
  at("slip").hidden = sheet.slip === null;
  at("slip").textContent = sheet.slip ? `Slip of the keyboard: ${number(sheet.slip.amount_mg)} mg` : "";
  at("slip").onclick = () => fill(sheet.slip);
  for (const button of at("board").querySelectorAll("button")) button.setAttribute("aria-current", String(button.value === id));
  return sheet;
}

// `?patient=ID` opens a chart, `&amount=`, `&interval=` and `&infusion=` change the draft, `&sign` or
// `&sign=slip` signs at once, `&card` shows the answer alone.
async function start() {
  const wanted = new URLSearchParams(location.search);
  const board = await asked("/api/patients");
  at("board").replaceChildren(...board.map((bed) => element("li", {},
    element("button", { type: "button", value: bed.id, onclick: () => open(bed.id) }, bed.name, element("small", {}, `${bed.bed} · ${bed.about}`)))));
  at("form").addEventListener("submit", sign);
  const sheet = await open(wanted.get("patient") ?? board[0].id);
  document.body.classList.toggle("card-only", wanted.has("card"));
  for (const field of ["amount", "interval", "infusion"]) if (wanted.has(field)) at(field).value = wanted.get(field);
  if (wanted.get("sign") === "slip" && sheet.slip) fill(sheet.slip);
  if (wanted.has("sign")) await sign();
}

start();
