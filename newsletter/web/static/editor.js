// A form with data-preview="URL" shows beside it, in [data-preview-frame], what that URL makes of its fields, and warns
// before unsaved words are left. [data-preview-button] does the same without scripts; [data-preview-status] says trouble.
(function () {
  var form = document.querySelector("form[data-preview]");
  if (!form) { return; }
  var frame = form.querySelector("[data-preview-frame]") || document.querySelector("[data-preview-frame]");
  var button = form.querySelector("[data-preview-button]");
  var status = form.querySelector("[data-preview-status]");
  var isDirty = form.hasAttribute("data-unsaved"), number = 0, timer = 0;

  function say(words) { if (status && status.textContent !== words) { status.textContent = words; } }

  // The page's policy forbids styles inside tags, and a frame's srcdoc inherits it. So the letter goes in as nodes,
  // and its styles by way of the CSSOM. The frame stays, and with it the place to which somebody has scrolled.
  function show(html) {
    var letter = new DOMParser().parseFromString(html, "text/html"), inside = frame.contentDocument, styled = [];
    var sheets = Array.from(letter.querySelectorAll("style"), function (style) {
      var sheet = new frame.contentWindow.CSSStyleSheet();
      sheet.replaceSync(style.textContent);
      style.remove();
      return sheet;
    });
    letter.querySelectorAll("[style]").forEach(function (node) {
      styled.push([node, node.getAttribute("style")]);
      node.removeAttribute("style");
    });
    inside.adoptedStyleSheets = sheets;
    inside.documentElement.lang = letter.documentElement.lang;
    inside.body.replaceWith(inside.adoptNode(letter.body));
    styled.forEach(function (pair) { pair[0].style.cssText = pair[1]; });
  }

  function renew() {
    var mine = ++number;
    fetch(form.dataset.preview, { method: "POST", body: new FormData(form) }).then(function (answer) {
      return answer.text().then(function (html) {
        if (mine !== number) { return; }  // a newer answer is on its way
        if (answer.ok) { show(html); say(isDirty ? "Not saved yet." : ""); return; }
        say(answer.status === 401 ? "You are signed out. Sign in in another tab, then save here: nothing is lost."
          : "The preview does not answer just now. You can go on writing.");
      });
    }).catch(function () { say("No connection just now. You can go on writing; save when it is back."); });
  }

  function later() { clearTimeout(timer); timer = setTimeout(renew, 400); }

  form.addEventListener("input", function () { isDirty = true; later(); });
  form.addEventListener("submit", function (event) {
    if (event.submitter === button) { event.preventDefault(); renew(); } else { isDirty = false; }
  });
  addEventListener("beforeunload", function (event) { if (isDirty) { event.preventDefault(); event.returnValue = ""; } });
  if (button) { button.hidden = true; }
  renew();
})();
