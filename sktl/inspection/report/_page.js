for (const table of document.currentScript.closest(".sktl-report").querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const figure = parseFloat(text.replace(/^[<+ ]+/, ""));
    return text === "-" || text === "" ? NaN : Number.isNaN(figure) || row.cells[column].matches(".words") ? text : figure;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  const missing = (a) => typeof a === "number" && Number.isNaN(a);
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const down = head.ariaSort === "ascending";
    heads.forEach((other) => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const sorted = [...body.rows].sort((one, other) => {
      const a = value(one, column), b = value(other, column);
      if (missing(a) || missing(b)) return missing(a) - missing(b);
      return down ? compare(b, a) : compare(a, b);
    });
    body.append(...sorted);
  }));
}
