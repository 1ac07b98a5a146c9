// Keeps what a reader writes about a letter in her own browser. It asks for nothing and sends nothing, and the page's
// policy refuses requests, beacons, sockets and forms (connect-src 'none', form-action 'none').
(function () {
  var page = document.getElementById("reflection");
  var words = document.getElementById("words");
  var said = document.getElementById("said");
  var buttons = {};
  ["save", "save-all", "erase", "restore"].forEach(function (id) { buttons[id] = document.getElementById(id); });
  var shelf = "reflection:" + page.dataset.hers + ":";
  var place = shelf + page.dataset.lesson;
  var erased = "";
  var kept = "";
  var waiting;

  function say(sentence) { if (said.textContent !== sentence) { said.textContent = sentence; } }

  function on(at) {
    try { return JSON.parse(localStorage.getItem(at)) || null; } catch (e) { return null; }
  }

  function places() {
    var found = [];
    try {
      for (var i = 0; i < localStorage.length; i += 1) {
        if (localStorage.key(i).indexOf(shelf) === 0) { found.push(localStorage.key(i)); }
      }
    } catch (e) { /* the browser keeps nothing for this page; what is typed can still be saved as a file */ }
    return found.sort();
  }

  function keep() {
    clearTimeout(waiting);
    if (words.value === kept) { return; }
    try {
      if (words.value) {
        var note = { title: page.dataset.title, question: page.dataset.question, words: words.value };
        note.changed = new Date().toISOString();
        localStorage.setItem(place, JSON.stringify(note));
        say("Kept in this browser.");
      } else {
        localStorage.removeItem(place);
        say("Nothing is kept.");
      }
      kept = words.value;
    } catch (e) {
      say("This browser does not let the page keep anything. Save your words as a file before you close it.");
    }
    show();
  }

  function show() {
    buttons["save-all"].hidden = places().length < 2;
    buttons.save.disabled = buttons.erase.disabled = !words.value;
    buttons.restore.hidden = !erased;
  }

  function written(note) {
    var day = note.changed ? note.changed.slice(0, 10) + "\n" : "";
    return note.title + "\n" + day + "\n" + note.question + "\n\n" + note.words + "\n";
  }

  function hand_over(text, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  words.addEventListener("input", function () {
    erased = "";
    clearTimeout(waiting);
    waiting = setTimeout(keep, 300);
    buttons.save.disabled = buttons.erase.disabled = !words.value;
  });
  ["pagehide", "blur"].forEach(function (leaving) { window.addEventListener(leaving, keep); });
  document.addEventListener("visibilitychange", keep);

  // The same page in another tab: what was typed there is shown here, unless something newer stands here.
  window.addEventListener("storage", function (event) {
    if (event.key !== place || words.value !== kept) { return; }
    var note = on(place);
    words.value = kept = note ? note.words : "";
    show();
  });

  buttons.save.addEventListener("click", function () {
    keep();
    var note = { title: page.dataset.title, question: page.dataset.question, words: words.value };
    note.changed = new Date().toISOString();
    hand_over(written(note), "my-answer.txt");
  });
  buttons["save-all"].addEventListener("click", function () {
    keep();
    var notes = places().map(on).filter(Boolean);
    notes.sort(function (one, other) { return one.changed < other.changed ? -1 : 1; });
    hand_over(notes.map(written).join("\n\n"), "my-answers.txt");
  });
  buttons.erase.addEventListener("click", function () {
    erased = words.value;
    words.value = "";
    keep();
    say("Erased from this browser.");
    buttons.restore.focus();
  });
  buttons.restore.addEventListener("click", function () {
    words.value = erased;
    erased = "";
    keep();
    words.focus();
  });

  var before = on(place);
  if (before && typeof before.words === "string") {
    words.value = kept = before.words;
    say("Kept in this browser.");
  }
  show();
  page.hidden = false;
})();
