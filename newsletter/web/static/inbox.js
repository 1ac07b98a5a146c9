// Shows new mail by itself, and goes from mail to mail with the arrow keys. Without it there is a Reload link.
(function () {
  var EVERY = 2000;
  var line = document.querySelector("[data-watch]");

  function say(words) { line.querySelector("[role=status]").textContent = words; }

  function show(page, newest) {
    var fresh = new DOMParser().parseFromString(page, "text/html").querySelector("[data-mails]");
    var list = document.querySelector("[data-mails]");
    if (!fresh) { return; }
    var at = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : "";
    list.innerHTML = fresh.innerHTML;
    line.dataset.newest = newest;
    if (at) { list.querySelectorAll("a").forEach(function (link) { if (link.getAttribute("href") === at) { link.focus(); } }); }
    say("New mail has come.");
  }

  function look() {
    if (document.hidden) { return Promise.resolve(); }
    return fetch(line.dataset.watch).then(function (answer) { return answer.json(); }).then(function (found) {
      if (found.id === line.dataset.newest) { return null; }
      return fetch(location.href).then(function (answer) { return answer.text(); }).then(function (page) { show(page, found.id); });
    });
  }

  function watch() {
    setTimeout(function () { look().then(watch, function () { say("The inbox does not answer. Reload to try again."); }); }, EVERY);
  }

  document.addEventListener("keydown", function (event) {
    var rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    var typing = event.target.closest && event.target.closest("input, select, textarea");
    if (!rel || typing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    var link = document.querySelector("a[rel=" + rel + "]");
    if (link) { link.click(); }
  });

  if (line && window.fetch) {
    say("New mail appears here by itself.");
    watch();
  }
})();
