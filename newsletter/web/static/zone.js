// Fills in the visitor's time zone where a form asks for it; everything works without.
(function () {
  // Temporal, where a browser has it, answers at once; Intl first loads all that its language knows of dates.
  function zone() {
    try { return window.Temporal ? Temporal.Now.timeZoneId() : Intl.DateTimeFormat().resolvedOptions().timeZone || ""; } catch (e) { return ""; }
  }

  function choose(field, here) {
    var before = field.selectedIndex;
    field.value = here;
    if (field.selectedIndex < 0) { field.selectedIndex = before; }
  }

  document.querySelectorAll("[data-zone]").forEach(function (field) {
    if (field.type !== "hidden") { choose(field, zone()); return; }
    // Nobody sees this one: it can wait until the form is touched, and the page is there sooner.
    ["focusin", "submit"].forEach(function (touch) {
      field.form.addEventListener(touch, function () { field.value = field.value || zone(); }, { once: true });
    });
  });
})();
