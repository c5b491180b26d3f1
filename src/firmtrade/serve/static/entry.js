// Count again at each answer and keep the answers in the address. Without this the button does the same.
"use strict";
const form = document.getElementById("entry-form");
let asked = 0;
const count = async () => {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
  const address = form.getAttribute("action") + (query.size ? "?" + query : "");
  const turn = ++asked;
  const answer = await fetch(address, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn !== asked) return; // a later answer was faster
  document.getElementById("result").innerHTML = page.getElementById("result").innerHTML;
  const keep = document.querySelector("form[method=post][action='/entry-mode']");
  const fresh = page.querySelector("form[method=post][action='/entry-mode']");
  if (keep && fresh) for (const old of keep.querySelectorAll("input[type=hidden]")) old.remove();
  if (keep && fresh) for (const one of fresh.querySelectorAll("input[type=hidden]")) keep.append(one);
  history.replaceState(null, "", address);
};
form.addEventListener("change", count);
