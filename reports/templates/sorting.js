document.documentElement.classList.add("js");
const finder = (label, placed) => {
  const box = document.createElement("p"), input = document.createElement("input"), said = document.createElement("span");
  const name = document.createElement("label");
  input.type = "search"; input.id = `find-${document.querySelectorAll(".find").length}`;
  name.htmlFor = input.id; name.textContent = label;
  said.setAttribute("role", "status");
  box.className = "find"; box.append(name, input, said);
  placed.before(box);
  return {box, input, said};
};
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = row => row.cells[column].dataset.key;
    const isNumber = "number" in head.dataset;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      return (isNumber ? x - y : x.localeCompare(y, "zh")) * (up ? 1 : -1);
    });
    table.tBodies[0].append(...rows);
  }));
  const {input, said} = finder(table.dataset.filter, table.parentElement);
  input.addEventListener("input", () => {
    const words = input.value.trim().split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !words.every(word => row.textContent.includes(word));
    said.textContent = words.length ? `${rows.filter(row => !row.hidden).length} / ${rows.length}` : "";
  });
}
for (const place of document.querySelectorAll("[data-search]")) {
  fetch(place.dataset.search).then(answer => answer.json()).then(known => {
    const {box, input, said} = finder(known.placeholder, place);
    const list = document.createElement("ul");
    box.append(list);
    const link = (text, href) => {
      const item = document.createElement("li"), a = document.createElement("a");
      a.href = href; a.textContent = text; item.append(a);
      return item;
    };
    input.addEventListener("input", () => {
      const word = input.value.trim();
      const has = entry => word && (entry[0].includes(word) || entry[1].startsWith(word));
      const found = known.counties.filter(has).map(([name, code, href]) => link(`${name} ${code}`, href));
      const schools = known.schools.filter(has);
      found.push(...schools.slice(0, 20).map(([name, , at]) =>
        link(`${name}（${known.counties[at][0]}）`, `${known.counties[at][2]}#schools`)));
      list.replaceChildren(...found);
      said.textContent = word ? `${found.length - Math.min(schools.length, 20) + schools.length}` : "";
    });
  }).catch(() => {});
}
