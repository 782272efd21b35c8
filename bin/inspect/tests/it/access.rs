//! The page as a screen reader and the Tab key see it.
//!
//! The browser's own tree of accessibility is read over its DevTools. The repository has no copy of axe, and
//! no test loads anything; if the variable `AXE` names its file, axe looks at the page, too.

use harness::json;

use crate::browser::Browser;

/// Checks the rules of accessibility that a program can check, as the browser itself sees the page: names
/// and roles, one name for each control, the order of headings, live regions, the language, the order of
/// the Tab key, and contrast. `stops` are elements in the order of the Tab key.
pub(crate) fn accessible(browser: &mut Browser, stops: &[&str]) {
    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let active = [
        "button",
        "textbox",
        "searchbox",
        "checkbox",
        "combobox",
        "listbox",
        "option",
        "slider",
        "link",
        "radio",
        "spinbutton",
        "dialog",
        "toolbar",
        "region",
        "image",
    ];
    let mut count = 0;
    let mut levels = Vec::new();
    for node in nodes.iter().filter(|node| node["ignored"] != true) {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let name = node["name"]["value"].as_str().unwrap_or_default();
        if active.contains(&role) {
            assert!(!name.trim().is_empty(), "a {role} has no name: {node}");
            count += 1;
        }
        if role == "heading" {
            let properties = node["properties"].as_array().unwrap();
            let level = properties.iter().find(|it| it["name"] == "level").unwrap();
            levels.push(level["value"]["value"].as_i64().unwrap());
        }
    }
    assert!(count > 15, "{count} controls");
    assert_eq!(levels.first(), Some(&1), "the first heading is the title: {levels:?}");
    assert!(levels.windows(2).all(|pair| pair[1] - pair[0] <= 1), "a level is missing: {levels:?}");
    let live = nodes.iter().filter_map(|node| node["role"]["value"].as_str());
    assert_eq!(live.filter(|role| *role == "status").count(), 1, "the state is a live region");
    assert_eq!(browser.value(RULES), json!([]));
    browser.value("document.body.tabIndex = -1; document.body.focus()");
    let mut passed = Vec::new();
    for _ in 0..40 {
        browser.presses("Tab");
        let stop = browser.value("document.activeElement.id || document.activeElement.tagName");
        passed.push(stop.as_str().unwrap().to_owned());
    }
    let places: Vec<Option<usize>> =
        stops.iter().map(|id| passed.iter().position(|it| it == id)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{passed:?}");
    for colours in ["light", "dark"] {
        browser.resizes(1280, 800, colours);
        let weak = browser.value(CONTRAST);
        assert_eq!(weak, json!([]), "in {colours}");
    }
    browser.resizes(1280, 800, "light");
}

/// Checks that each row is a sentence, and that the dialogs have names for all fields.
pub(crate) fn rows_and_dialogs_are_accessible(browser: &mut Browser) {
    accessible(browser, &["pause", "find", "person", "list"]);
    let spoken = browser.value("document.querySelector('.row .spoken').textContent");
    let rows = browser.value("[...document.querySelectorAll('.row')].map((it) => it.textContent)");
    let row = "alice to server, request ";
    let says = |it: &harness::Value| it.as_str().is_some_and(|it| it.contains(row));
    assert!(rows.as_array().unwrap().iter().any(says), "{spoken} {rows}");
    for key in ["p", "m", "?"] {
        browser.value("choose(view.rows.find((row) => row.note === undefined)); list.focus()");
        browser.presses(key);
        browser.sees("document.getElementById('dialog').open");
        accessible_dialog(browser);
        browser.presses("Escape");
        browser.sees("!document.getElementById('dialog').open");
    }
    browser.value("choose(null)");
}

/// Checks the dialog that is open: a name, names for all fields, and enough contrast.
fn accessible_dialog(browser: &mut Browser) {
    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let role =
        |node: &harness::Value| node["role"]["value"].as_str().unwrap_or_default().to_owned();
    let name =
        |node: &harness::Value| node["name"]["value"].as_str().unwrap_or_default().to_owned();
    let nodes = tree["nodes"].as_array().unwrap();
    let dialogs: Vec<_> = nodes.iter().filter(|node| role(node) == "dialog").collect();
    assert!(dialogs.len() == 1 && !name(dialogs[0]).is_empty(), "{dialogs:?}");
    let fields = ["button", "radio", "checkbox", "spinbutton", "combobox", "textbox"];
    for node in nodes.iter().filter(|node| fields.contains(&role(node).as_str())) {
        assert!(!name(node).trim().is_empty(), "a field has no name: {node}");
    }
    assert_eq!(browser.value(RULES), json!([]));
    assert_eq!(browser.value(CONTRAST), json!([]));
}

/// Finds elements that break a rule: an id that is not unique, a label or a description that names no
/// element, an option outside a list, a control inside a hidden part, a positive order of Tab.
const RULES: &str = r"(() => {
  const wrong = [];
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title) wrong.push('no title');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main part');
  const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
  wrong.push(...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two elements are ${id}`));
  for (const name of ['aria-labelledby', 'aria-controls', 'aria-describedby', 'aria-activedescendant', 'for']) {
    for (const it of document.querySelectorAll(`[${name}]`)) {
      const id = it.getAttribute(name);
      if (id && !document.getElementById(id)) wrong.push(`${name} names ${id}`);
    }
  }
  for (const it of document.querySelectorAll('[role=option]')) if (!it.closest('[role=listbox]')) wrong.push('an option without a list');
  for (const it of document.querySelectorAll('[aria-hidden=true] :is(a, button, input, select, textarea, [tabindex])')) wrong.push(`hidden ${it.tagName}`);
  for (const it of document.querySelectorAll('[tabindex]')) if (it.tabIndex > 0) wrong.push(`the order of ${it.tagName}`);
  if (document.getElementById('notice').getAttribute('role') !== 'alert') wrong.push('refusals are not read');
  return wrong;
})()";

/// Runs axe over the page, if the variable `AXE` names its file: the repository has no copy of it.
pub(crate) fn axe(browser: &mut Browser) {
    let Some(file) = std::env::var_os("AXE") else {
        return harness::skipped("axe did not look at the page: AXE does not name axe.min.js");
    };
    browser.value(&std::fs::read_to_string(file).unwrap());
    for (width, height) in [(320, 640), (1280, 800)] {
        browser.resizes(width, height, "light");
        let found = "axe.run().then((it) => it.violations.map((it) => \
                     [it.id, it.nodes.map((node) => node.html.slice(0, 200))]))";
        let found = browser.value(found);
        assert_eq!(found, json!([]), "at {width} × {height}");
    }
}

/// Finds texts whose contrast with their background is below 4.5.
const CONTRAST: &str = r"(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => { const v = c / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (it) => { for (; it; it = it.parentElement) { const colour = rgba(getComputedStyle(it).backgroundColor); if (colour[3] > 250) return colour; } return [255, 255, 255]; };
  const weak = [];
  for (const it of document.querySelectorAll('body *')) {
    const own = [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !it.checkVisibility() || it.disabled || it.closest('svg') || it.closest(':disabled')) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(it).color)), luminance(ground(it))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.push(`${it.tagName} ${it.className} ${it.textContent.slice(0, 20)} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return weak;
})()";
