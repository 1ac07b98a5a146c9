// For sign-up forms on other sites: fills in the visitor's time zone and shows the answer in place.
// Without it, and wherever anything fails, the form is posted as plain forms are.
(function () {
  function say(form, message) {
    var line = form.querySelector("[role=status]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("role", "status");
      form.appendChild(line);
    }
    line.textContent = message;
  }

  function send(form, button) {
    var ask = { method: "POST", headers: { Accept: "application/json" }, credentials: "omit" };
    ask.body = new URLSearchParams(new FormData(form));
    return fetch(form.action, ask).then(function (answer) {
      return answer.json().then(function (said) {
        say(form, said.message);
        if (answer.ok) { form.reset(); }
        if (button) { button.disabled = false; }
      });
    });
  }

  function tend(form) {
    var zone = form.elements.namedItem("timezone");
    try { if (zone && !zone.value) { zone.defaultValue = Intl.DateTimeFormat().resolvedOptions().timeZone || ""; } } catch (e) { }
    form.addEventListener("submit", function (event) {
      if (!window.fetch || !window.URLSearchParams) { return; }
      var button = form.querySelector("button");
      event.preventDefault();
      if (button) { button.disabled = true; }
      send(form, button).catch(function () { HTMLFormElement.prototype.submit.call(form); });
    });
  }

  document.querySelectorAll("form[data-newsletter]").forEach(tend);
})();
