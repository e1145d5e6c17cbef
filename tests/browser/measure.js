// What is wrong with the layout of the page: what sticks out, what is cut off, what scrolls without saying so.
() => {
  const faults = [], root = document.documentElement;
  const called = node => `${node.tagName.toLowerCase()}${node.id ? "#" + node.id : ""}.${node.getAttribute("class") || ""} “${(node.textContent || "").trim().slice(0, 30)}”`;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  const isRegion = node => node.tabIndex === 0 && node.getAttribute("role") === "region" && node.getAttribute("aria-label");
  const isHidden = node => { const box = node.getBoundingClientRect(); return box.width <= 1 || box.height <= 1 || node.closest(".skip, [aria-hidden=true]"); };
  const region = node => { for (let up = node; up; up = up.parentElement) if (isRegion(up)) return up; return null; };
  for (const node of document.body.querySelectorAll("*")) {
    if (node.closest("svg") && node.tagName !== "svg") continue;
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    if (isHidden(node) || style.clipPath !== "none" || node.closest("thead") && getComputedStyle(node.closest("thead")).clipPath !== "none") continue;
    const scrolls = ["auto", "scroll"].includes(style.overflowX), cuts = ["hidden", "clip"].includes(style.overflowX);
    if (node.scrollWidth > node.clientWidth + 1 && style.display !== "inline") {
      if (scrolls && !isRegion(node)) faults.push(`${called(node)} scrolls and is no labelled region`);
      if (cuts) faults.push(`${called(node)} is cut off: ${node.scrollWidth} in ${node.clientWidth}`);
    }
    if (!region(node) && (box.right > root.clientWidth + 1 || box.left < -1)) faults.push(`${called(node)} sticks out: ${Math.round(box.left)} to ${Math.round(box.right)} in ${root.clientWidth}`);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.width && (box.right > root.clientWidth + 1 || box.left < -1)) faults.push(`the text “${text.textContent}” of a chart sticks out: ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
  }
  return faults;
}
