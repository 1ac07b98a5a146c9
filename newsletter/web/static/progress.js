// Renews the numbers of a campaign, or of readers who go on, every two seconds while the page is looked at, and the whole page when its state
// changes; whoever stands on a button stays on it. "Refresh" does the same without this script.
(function () {
  var main = document.getElementById("main");
  function box() { return main.querySelector("[data-progress]"); }
  function again() { if (box()) { setTimeout(renew, 2000); } }

  function renew() {
    if (document.hidden) { again(); return; }
    fetch(box().dataset.progress, { redirect: "error" }).then(function (answer) {
      var state = answer.headers.get("X-Campaign-State");
      if (!answer.ok || !state) { again(); return null; }
      if (state !== box().dataset.state) { return renewPage(); }
      return answer.text().then(function (html) { box().innerHTML = html; again(); });
    }).catch(again);
  }

  function renewPage() {
    return fetch(location.href, { redirect: "error" }).then(function (answer) {
      if (!answer.ok) { again(); return null; }
      return answer.text().then(function (html) {
        var here = document.activeElement;
        var words = main.contains(here) ? here.textContent : null;
        main.innerHTML = new DOMParser().parseFromString(html, "text/html").getElementById("main").innerHTML;
        if (words !== null) { stand(words); }
        again();
      });
    });
  }

  // Where the focus was, or, when that is gone ("Pause" of a campaign that is sent), at what has changed.
  function stand(words) {
    var same = Array.prototype.find.call(main.querySelectorAll("a, button"), function (one) {
      return one.textContent === words;
    });
    (same || main.querySelector(".state")).focus();
  }

  again();
})();
