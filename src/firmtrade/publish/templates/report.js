// Convenience only: without it the definitions open on focus, tap and hover by CSS.
(() => {
  const root = document.documentElement;
  if (!("popover" in HTMLElement.prototype)) return;
  root.classList.add("js");
  let pinned = null, timer = 0;
  const tipOf = (term) => document.getElementById(term.getAttribute("popovertarget"));
  const later = (what, wait) => { clearTimeout(timer); timer = setTimeout(what, wait); };
  const open = (term) => {
    const tip = tipOf(term);
    document.querySelectorAll(".term.open").forEach((other) => other.classList.remove("open"));
    term.classList.add("open");
    if (!tip.matches(":popover-open")) tip.showPopover({ source: term });
  };
  const close = (tip) => { if (tip !== pinned && tip.matches(":popover-open")) tip.hidePopover(); };
  document.querySelectorAll(".term").forEach((term) => {
    const tip = tipOf(term);
    if (!tip) return;
    term.addEventListener("pointerenter", (e) => { if (e.pointerType === "mouse" && !pinned) later(() => open(term), 180); });
    term.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") later(() => close(tip), 220); });
    term.addEventListener("focus", () => { if (term.matches(":focus-visible")) { pinned = null; open(term); } });
    term.addEventListener("blur", (e) => { if (!tip.contains(e.relatedTarget)) close(tip); });
    term.addEventListener("click", (e) => {
      e.preventDefault();
      clearTimeout(timer);
      if (pinned === tip && term.classList.contains("open")) { pinned = null; close(tip); return; }
      pinned = null;
      document.querySelectorAll(".tip:popover-open").forEach(close);
      open(term);
      pinned = tip;
    });
  });
  document.querySelectorAll(".tip").forEach((tip) => {
    tip.addEventListener("pointerenter", () => clearTimeout(timer));
    tip.addEventListener("pointerleave", () => later(() => close(tip), 220));
    tip.querySelector("a").addEventListener("click", () => { pinned = null; tip.hidePopover(); });
    tip.addEventListener("beforetoggle", (e) => {
      if (e.newState !== "closed") return;
      if (pinned === tip) pinned = null;
      document.querySelectorAll(`.term.open[popovertarget="${tip.id}"]`).forEach((term) => term.classList.remove("open"));
    });
  });
})();
