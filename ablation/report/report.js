"use strict";
// Click or press a column's heading to sort by it; once more turns the order round. Rows without a value stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => {
        const cell = row.cells[column];
        return cell.dataset.value === undefined ? cell.textContent.trim() : parseFloat(cell.dataset.value);
      };
      const rows = [...body.rows].map((row) => [value(row), row]);
      rows.sort(([a], [b]) => {
        if (typeof a === "string") return up ? a.localeCompare(b) : b.localeCompare(a);
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
        return a === b ? 0 : (a < b) === up ? -1 : 1;
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
}

// The chart of learning curves: which rungs, which curve, every seed or means alone, and the values of an epoch.
for (const chart of document.querySelectorAll(".chart")) {
  const data = JSON.parse(chart.dataset.curves);
  const drawing = chart.querySelector("svg");
  const cursor = chart.querySelector(".cursor");
  const lines = [...chart.querySelectorAll(".legend li")];
  const epoch = chart.querySelector("input[type=range]");
  const inputs = [...chart.querySelectorAll("input")];
  const key = "curves of " + location.pathname;
  const show = () => {
    const column = chart.querySelector("input[type=radio]:checked").value;
    chart.classList.toggle("accuracy-shown", column === "accuracy");
    chart.classList.toggle("seeds-shown", chart.querySelector(".each-seed").checked);
    const at = Number(epoch.value);
    epoch.nextElementSibling.textContent = data.epochs[at];
    const share = (data.epochs[at] - 1) / Math.max(data.epochs[data.epochs.length - 1] - 1, 1);
    const x = (data.left + share * (data.right - data.left)) * drawing.viewBox.baseVal.width;
    cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    lines.forEach((line, rung) => {
      const seen = line.querySelector("input").checked;
      chart.querySelectorAll(`[data-rung="${rung}"]`).forEach((layer) => { layer.style.display = seen ? "" : "none"; });
      const values = data[column][rung][at];
      const [mean, low, high] = (values || []).map((value) => value.toFixed(1));
      line.querySelector("output").textContent =
        !seen ? "" : !values ? "–" : low === high ? `${mean} %` : `${mean} % [${low}, ${high}]`;
    });
  };
  const nearest = (event) => {
    const box = drawing.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width - data.left) / (data.right - data.left);
    const wanted = 1 + share * (data.epochs[data.epochs.length - 1] - 1);
    const distance = (at) => Math.abs(data.epochs[at] - wanted);
    epoch.value = data.epochs.reduce((best, _, at) => (distance(at) < distance(best) ? at : best), 0);
    show();
  };
  // A page that reloads itself (`ablation watch`) keeps what was chosen; where nothing may be kept it starts anew.
  const keep = () => {
    const state = inputs.map((input) => (input === epoch ? input.value === input.max ? null : input.value : input.checked));
    try { sessionStorage.setItem(key, JSON.stringify(state)); } catch { return; }
  };
  const recall = () => {
    let state = null;
    try { state = JSON.parse(sessionStorage.getItem(key)); } catch { return; }
    if (!state || state.length !== inputs.length) return;
    inputs.forEach((input, at) => {
      if (input !== epoch) input.checked = state[at];
      else if (state[at] !== null) input.value = state[at];
    });
  };
  chart.classList.add("live");
  chart.querySelectorAll("[hidden]").forEach((one) => { one.hidden = false; });
  recall();
  show();
  drawing.addEventListener("pointermove", nearest);
  drawing.addEventListener("pointerdown", nearest);
  chart.addEventListener("input", () => { show(); keep(); });
}
