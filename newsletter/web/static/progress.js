// Renews the numbers of a campaign every two seconds while the page is looked at; "Refresh" does the same without.
(function () {
  var box = document.querySelector("[data-progress]");
  if (!box) { return; }
  function again() { setTimeout(renew, 2000); }
  function renew() {
    if (document.hidden) { again(); return; }
    fetch(box.dataset.progress, { redirect: "error" }).then(function (answer) {
      var state = answer.headers.get("X-Campaign-State");
      if (!answer.ok || !state) { again(); return; }
      if (state !== box.dataset.state) { location.reload(); return; }
      return answer.text().then(function (html) { box.innerHTML = html; again(); });
    }).catch(again);
  }
  again();
})();
