// The form of a letter: shows the letter while it is written, keeps it on Ctrl-S, warns before unsaved words are lost.
// Without this script the buttons of the form do the same, one press at a time.
(function () {
  var form = document.querySelector("[data-editor]");
  if (!form || !window.fetch) { return; }
  var show = form.querySelector("[data-preview]");
  var save = form.querySelector("[data-save]");
  var frame = form.querySelector("[data-frame]");
  var status = document.querySelector("[data-status]");
  var unsaved = form.hasAttribute("data-unsaved");
  var timer = 0;
  var looks = 0;

  function say(words) { if (status) { status.textContent = words; status.className = "good"; } }

  // A long frame inside a pane that scrolls: the pane stays where it is when the letter in it is written anew.
  function fit(mail) {
    var practice = form.elements.practice;
    var long = form.elements.body.value.length + (practice ? practice.value.length : 0);
    mail.style.height = (1500 + long * 0.95) + "px";
  }

  // A new frame for every look: the first page of a frame makes no entry in the history, and the old letter
  // stands until the new one is there. Each has a name of its own, for a frame keeps the name it was born with.
  function refresh() {
    var fresh = frame.querySelector("iframe").cloneNode(false);
    var asked = false;
    looks += 1;
    fresh.name = show.formTarget = "letter" + looks;
    fresh.removeAttribute("src");
    fresh.classList.add("coming");
    fit(fresh);
    frame.appendChild(fresh);
    fresh.addEventListener("load", function () {
      if (!asked || !frame.contains(fresh)) { return; }
      while (frame.firstElementChild !== fresh) { frame.firstElementChild.remove(); }
      fresh.classList.remove("coming");
    });
    asked = true;
    form.requestSubmit(show);
  }

  function list(sentences) { return Array.isArray(sentences) ? sentences.join(" ") : sentences || ""; }

  function tell(kind, found) {
    form.querySelectorAll("[data-" + kind + "]").forEach(function (place) {
      var words = list(found[place.getAttribute("data-" + kind)]);
      if (place.textContent !== words) { place.textContent = words; }
      place.hidden = !words;
    });
  }

  function check() {
    fetch(form.dataset.check, { method: "POST", body: new FormData(form) })
      .then(function (answer) {
        if (answer.status === 401) { say("You are signed out. Save, and sign in again: nothing you typed is lost."); }
        return answer.ok ? answer.json() : null;
      })
      .then(function (said) { if (said) { tell("error", said.problems); tell("hint", said.remarks); } })
      .catch(function () { /* the server says it again when the form is saved */ });
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(function () { refresh(); check(); }, 600);
  }

  // The first time a letter is kept it gets an address; what stands around the form is renewed, the writer is not moved.
  function settle(said, theirs, url) {
    var around = form.parentNode;
    form.setAttribute("action", theirs.getAttribute("action"));
    history.replaceState(null, "", url.split("?")[0]);
    document.title = said.title;
    Array.from(around.children).forEach(function (one) { if (one !== form && one !== status) { one.remove(); } });
    var place = status;
    Array.from(theirs.parentNode.children).forEach(function (one) {
      if (one === theirs) { place = null; } else if (!one.hasAttribute("data-status")) { around.insertBefore(one, place); }
    });
  }

  function keep() {
    fetch(form.action, { method: "POST", body: new FormData(form) }).then(function (answer) {
      if (!answer.ok || !answer.redirected) { unsaved = false; form.requestSubmit(save); return null; }
      return answer.text().then(function (page) {
        var said = new DOMParser().parseFromString(page, "text/html");
        var seen = said.querySelector("[data-seen]");
        var action = said.querySelector("[data-editor]");
        if (!seen || action.getAttribute("action") !== form.getAttribute("action")) {
          if (!seen || !form.hasAttribute("data-stays")) { unsaved = false; location.assign(answer.url); return; }
          settle(said, action, answer.url);
        }
        form.querySelector("[data-seen]").value = seen.value;
        unsaved = false;
        say("Saved to the draft.");
      });
    }).catch(function () { say("Not saved: the server does not answer. Your words are still here."); });
  }

  form.addEventListener("input", function (event) {
    var name = event.target.name;
    if (name === "width") { return; }
    if (!event.target.hasAttribute("data-look")) {
      unsaved = true;
      if (status && status.textContent) { status.textContent = ""; }
    }
    later();
  });
  form.addEventListener("submit", function (event) {
    var by = event.submitter;
    if (!by || !by.formTarget) { unsaved = false; }
  });
  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s" && save) {
      event.preventDefault();
      keep();
    }
  });
  window.addEventListener("beforeunload", function (event) { if (unsaved) { event.preventDefault(); } });
  form.classList.add("is-live");
  if (unsaved) { refresh(); }  // the letter beside it is of what is typed, not of what is kept
  frame.querySelectorAll("iframe").forEach(fit);
})();
