// Watch long work: replace what is said about it, and go on when it is done. Without this the page reloads.
"use strict";
const watch = async () => {
  const work = document.getElementById("work");
  if (!work || work.dataset.over === "yes") return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected) { location.href = answer.url; return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("work");
    if (now) work.replaceWith(now);
    const stop = document.getElementById("stop");
    if (stop && !page.getElementById("stop")) stop.remove();
  } catch (error) { /* the server is busy or gone: try again */ }
  setTimeout(watch, 1000);
};
setTimeout(watch, 500);
