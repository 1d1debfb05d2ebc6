// What a page must be like for people who do not see it, do not see it well, or have no mouse: the rules of WCAG 2.2 (A
// and AA) that can be told from the document and its computed styles. Each function gives sentences, one for a fault.
// Run in the page by the driver; the pages themselves have no script.
const checks = (() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const style = (element, pseudo) => getComputedStyle(element, pseudo);
  const named = element => {
    const text = (element.getAttribute("aria-label") || element.textContent || "").trim().replace(/\s+/g, " ");
    const id = element.id ? "#" + element.id : element.className && element.className.baseVal === undefined
      ? "." + String(element.className).split(" ").join(".") : "";
    return element.tagName.toLowerCase() + id + (text ? " \"" + text.slice(0, 40) + "\"" : "");
  };
  const isShown = element => {
    if (!element.checkVisibility({ checkOpacity: false, visibilityProperty: true })) return false;
    // What is there for screen readers alone is clipped away.
    for (let at = element; at; at = at.parentElement) if (style(at).clipPath === "inset(50%)") return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 || element.tagName !== "OPTION" && element.children.length > 0;
  };
  const isFocusable = element => element.matches("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")
    && !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true });

  // MARK: Colours

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pencil = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map();
  // Red, green and blue from 0 to 255, alpha from 0 to 1, however the colour is written.
  const colour = text => {
    if (!known.has(text)) {
      pencil.clearRect(0, 0, 1, 1);
      pencil.fillStyle = "#000";
      pencil.fillStyle = text;
      pencil.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pencil.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (above, below) => [0, 1, 2].map(i => above[i] * above[3] + below[i] * (1 - above[3])).concat(1);
  const luminance = ([r, g, b]) => {
    const part = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  // What is behind an element's text; null where a picture or a gradient is.
  const background = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const its = style(at);
      if (its.backgroundImage !== "none") return null;
      const layer = colour(its.backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    const sheet = matchMedia("(prefers-color-scheme: dark)").matches && style(document.documentElement).colorScheme.includes("dark")
      ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((below, above) => over(above, below), sheet);
  };
  const opacity = element => {
    let all = 1;
    for (let at = element; at; at = at.parentElement) all *= Number(style(at).opacity);
    return all;
  };
  const ratioOfText = (element, pseudo) => {
    const behind = background(element);
    if (!behind) return null;
    const written = [...colour(style(element, pseudo).color)];
    written[3] *= opacity(element) * (pseudo ? Number(style(element, pseudo).opacity) : 1);
    return contrast(over(written, behind), behind);
  };
  const ratioMin = element => {
    const its = style(element), size = parseFloat(its.fontSize);
    return size >= 24 || (size >= 18.66 && Number(its.fontWeight) >= 700) ? 3 : 4.5;
  };

  // MARK: The document

  function structure() {
    const faults = [];
    const must = (isTrue, sentence) => { if (!isTrue) faults.push(sentence); };
    must(document.documentElement.lang, "the page has no language");
    must(document.title.trim(), "the page has no title");
    const viewport = document.querySelector("meta[name=viewport]");
    must(viewport, "no viewport is set");
    must(!viewport || !/user-scalable|maximum-scale/.test(viewport.content), "zooming is forbidden");
    must(all("main, [role=main]").length === 1, "there is not one main, but " + all("main, [role=main]").length);
    const firsts = all("h1").filter(isShown);
    must(firsts.length === 1 && firsts[0].textContent.trim(), "there is not one h1, but " + firsts.length);
    must(firsts.length !== 1 || firsts[0].closest("main"), "the h1 is not within main");
    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6")) {
      const its = Number(heading.tagName[1]);
      must(its <= level + 1, "a heading's level is skipped: " + named(heading));
      must(heading.textContent.trim(), "a heading is empty: " + named(heading));
      level = its;
    }
    for (const nav of all("nav")) must(nav.getAttribute("aria-label") || nav.getAttribute("aria-labelledby"), "a nav has no name");
    const names = all("nav, section[aria-label], aside").map(one => one.tagName + (one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")));
    must(new Set(names).size === names.length, "two landmarks have one name: " + names.join(", "));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement, data } = walker.currentNode;
      if (data.trim() && !parentElement.closest("main, header, nav, footer, aside, a[href^='#']") && isShown(parentElement)) {
        must(false, "text lies outside of the landmarks: " + data.trim().slice(0, 40));
      }
    }
    const ids = all("[id]").map(one => one.id);
    for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) must(false, "an id is there twice: " + id);
    for (const [attribute, isList] of [["for"], ["list"], ["aria-labelledby", true], ["aria-describedby", true], ["headers", true]]) {
      for (const element of all("[" + attribute + "]")) {
        const value = element.getAttribute(attribute);
        for (const id of isList ? value.split(" ") : [value]) {
          must(document.getElementById(id), attribute + " leads nowhere: " + named(element) + " to " + id);
        }
      }
    }
    for (const link of all("a[href^='#']")) {
      const aim = document.getElementById(link.hash.slice(1));
      must(aim, "a link within the page leads nowhere: " + named(link));
      must(!aim || aim.tabIndex >= -1 && (aim.hasAttribute("tabindex") || isFocusable(aim)), "what a link within the page leads to takes no focus: " + named(link));
    }
    return faults;
  }

  // What there is besides text: nothing that runs, nothing from elsewhere.
  function passive() {
    const faults = [];
    for (const element of all("script, style, iframe, object, embed, base, template, img, video, audio, applet, frame, portal")) {
      faults.push("there is an element that has no place here: " + element.tagName.toLowerCase());
    }
    for (const element of all("*")) {
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on") || name === "style") faults.push("there is an attribute " + name + ": " + named(element));
        if (/^\s*(javascript|data|vbscript):/i.test(value) && ["href", "src", "action", "formaction", "xlink:href"].includes(name)) {
          faults.push(name + " runs something: " + named(element));
        }
      }
      const aim = element.getAttribute("href") || element.getAttribute("action");
      if (aim && new URL(aim, location.href).origin !== location.origin) faults.push("an address of elsewhere: " + aim.slice(0, 80));
    }
    const comment = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT).nextNode();
    if (comment) faults.push("there is a comment: " + comment.data.slice(0, 40));
    return faults;
  }

  function forms() {
    const faults = [];
    for (const input of all("input:not([type=hidden]), select, textarea")) {
      const isNamed = (input.labels && [...input.labels].some(label => label.textContent.trim()))
        || input.getAttribute("aria-label") || input.getAttribute("aria-labelledby");
      if (!isNamed) faults.push("a field has no label: " + (input.name || input.outerHTML.slice(0, 60)));
      const [label] = input.labels || [];
      if (label && isShown(input) && !isShown(label)) faults.push("a field's label is not seen: " + input.name);
    }
    for (const form of all("form")) {
      if (!form.querySelector("button, input[type=submit]")) faults.push("a form has no button: " + form.action);
      if (!["get", "post"].includes(form.method)) faults.push("a form of an odd method: " + form.method);
    }
    const done = new Map();
    for (const button of all("form button")) {
      const said = button.getAttribute("aria-label") || button.textContent.trim();
      const does = button.form.method + " " + button.form.action + " " + new URLSearchParams(new FormData(button.form, button));
      if (done.has(said) && done.get(said) !== does && !button.closest("tr")) faults.push("two buttons of one name do different things: " + said);
      if (done.has(said) && done.get(said) !== does && button.closest("tr") && button.form.method === "post" && !button.getAttribute("aria-label")) {
        faults.push("buttons of rows have one name: " + said);
      }
      done.set(said, does);
    }
    return faults;
  }

  function tables() {
    const faults = [];
    for (const table of all("table")) {
      const caption = table.caption ? table.caption.textContent.trim() : table.getAttribute("aria-label");
      if (!caption) faults.push("a table has no caption");
      // Some browsers forget what it is once its rows are no rows of a table to look at.
      if (table.getAttribute("role") !== "table") faults.push("a table's role is not written out");
      const about = "the table \"" + (caption || "").slice(0, 40) + "\": ";
      if (table.closest("table table")) faults.push(about + "lies within another");
      for (const heading of all("th", table)) {
        if (!["col", "row", "colgroup", "rowgroup"].includes(heading.scope)) faults.push(about + "a heading has no scope: " + named(heading));
        if (!heading.textContent.trim()) faults.push(about + "a heading is empty");
      }
      if (!table.tHead || !all("th[scope=col]", table.tHead).length) faults.push(about + "no heading of columns");
      const widths = [...table.rows].map(row => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0));
      if (new Set(widths).size > 1) faults.push(about + "rows are of different lengths: " + [...new Set(widths)].join(", "));
      for (const row of table.tBodies[0] ? table.tBodies[0].rows : []) {
        if (!row.querySelector("th[scope=row]")) { faults.push(about + "a row has no heading"); break; }
      }
    }
    for (const list of all("dl")) {
      const first = list.firstElementChild && (list.firstElementChild.matches("div") ? list.firstElementChild.firstElementChild : list.firstElementChild);
      if (!first || !first.matches("dt")) faults.push("a list of facts does not begin with a name");
    }
    for (const list of all("ul, ol")) if ([...list.children].some(one => one.tagName !== "LI")) faults.push("a list holds what is no item: " + named(list));
    for (const drawing of all("svg")) {
      const isNamed = drawing.getAttribute("aria-label") || drawing.getAttribute("aria-labelledby") || drawing.querySelector("title");
      if (drawing.getAttribute("aria-hidden") !== "true" && !(drawing.getAttribute("role") === "img" && isNamed)) faults.push("a drawing is neither named nor hidden");
    }
    for (const bar of all("progress, meter")) {
      if (!bar.getAttribute("aria-label") && !bar.getAttribute("aria-labelledby") && !(bar.labels && bar.labels.length)) faults.push("a bar has no name");
    }
    for (const element of all("[aria-hidden=true]")) if (all("*", element).concat(element).some(isFocusable)) faults.push("what takes the focus is hidden: " + named(element));
    return faults;
  }

  function contrasts() {
    const faults = new Set();
    const judge = (element, ratio, min, what) => {
      if (ratio === null) faults.add("nobody can tell the contrast before a picture: " + named(element));
      else if (ratio < min) faults.add(what + " has a contrast of " + ratio.toFixed(2) + ", not " + min + ": " + named(element));
    };
    const seen = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || seen.has(element)) continue;
      seen.add(element);
      if (element.closest("option, datalist, :disabled") || !isShown(element)) continue;
      judge(element, ratioOfText(element), ratioMin(element), "text");
    }
    for (const element of all("*")) for (const pseudo of ["::before", "::after"]) {
      const its = style(element, pseudo);
      if (/^"[^"]*[^"\s]/.test(its.content) && its.display !== "none" && isShown(element)) judge(element, ratioOfText(element, pseudo), ratioMin(element), "text of " + pseudo);
    }
    for (const field of all("input:not([type=hidden]), select, textarea, progress, meter").filter(isShown)) {
      const outer = background(field.parentElement), inner = background(field);
      if (!outer) continue;
      if (!field.matches("progress, meter, [type=checkbox], [type=radio]")) judge(field, ratioOfText(field), 4.5, "a field's text");
      if (field.placeholder) judge(field, ratioOfText(field, "::placeholder"), 4.5, "a field's example");
      if (field.matches("[type=checkbox], [type=radio], progress, meter") && style(field).appearance !== "none") continue;
      const edge = parseFloat(style(field).borderTopWidth) > 0 || parseFloat(style(field).borderBottomWidth) > 0
        ? contrast(over(colour(style(field).borderBottomColor), outer), outer) : 1;
      judge(field, Math.max(edge, inner ? contrast(inner, outer) : 1), 3, "a field's edge");
    }
    for (const drawing of all("svg").filter(isShown)) {
      const behind = background(drawing.parentElement);
      // Its ground line is there where nothing else is, and says nothing.
      const shapes = all("path, polyline, rect, circle, line, polygon", drawing).filter(shape => !shape.matches(".base"));
      if (!behind || !shapes.length) continue;
      const best = Math.max(...shapes.flatMap(shape => ["stroke", "fill"].map(kind => {
        const paint = style(shape)[kind];
        if (paint === "none" || paint.startsWith("url")) return 1;
        const ink = [...colour(paint)];
        ink[3] *= opacity(shape) * Number(style(shape)[kind + "Opacity"]);
        return contrast(over(ink, behind), behind);
      })));
      judge(drawing, best, 3, "a drawing");
    }
    return [...faults];
  }

  // Links within text are told by more than their colour; what is pressed is large enough to be hit.
  function targets() {
    const faults = [];
    for (const link of all("p a[href], li a[href], dd a[href]").filter(isShown)) {
      if (link.closest("nav") || link.classList.contains("button")) continue;
      const around = [...link.parentElement.childNodes].some(node => node.nodeType === 3 && /\w/.test(node.data));
      if (!around || style(link).textDecorationLine.includes("underline")) continue;
      const [its, other] = [colour(style(link).color), colour(style(link.parentElement).color)];
      if (contrast(its, other) < 3) faults.push("a link within text is told by its colour alone: " + named(link));
    }
    for (const one of all("button, input:not([type=hidden]), select, summary, nav a, a.button").filter(isShown)) {
      const box = one.getBoundingClientRect();
      if (box.width < 24 || box.height < 24) faults.push("it is too small to be hit (" + Math.round(box.width) + " by " + Math.round(box.height) + "): " + named(one));
    }
    return faults;
  }

  // - width: of the window, CSS pixels
  function width(width) {
    const faults = [];
    const wide = document.scrollingElement.scrollWidth;
    if (wide > width) faults.push("the page is " + wide + " wide, the window " + width);
    const isScrolled = element => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (["auto", "scroll"].includes(style(at).overflowX)) return true;
      }
      return false;
    };
    const out = all("body *").filter(element => isShown(element) && element.getBoundingClientRect().right > width + 1 && !isScrolled(element));
    for (const element of out.slice(0, 3)) faults.push("it sticks out to " + Math.round(element.getBoundingClientRect().right) + ": " + named(element));
    // Text that is cut off is not read.
    for (const element of all("main *").filter(isShown)) {
      const its = style(element);
      if (["hidden", "clip"].includes(its.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.textContent.trim()) faults.push("its text is cut off: " + named(element));
    }
    return faults;
  }

  function motion() {
    const moving = all("*").filter(element => [undefined, "::before", "::after"].some(pseudo => {
      const its = style(element, pseudo);
      const longest = text => Math.max(...text.split(",").map(parseFloat));
      return (its.animationName !== "none" && longest(its.animationDuration) > 0.01) || longest(its.transitionDuration) > 0.01;
    }));
    return moving.slice(0, 3).map(element => "it moves where motion is unwanted: " + named(element));
  }

  // What takes the focus, in the document's order.
  function focusables() {
    const order = all("*").filter(isFocusable);
    const faults = order.filter(element => element.tabIndex > 0).map(element => "it comes out of its turn: " + named(element));
    order.forEach((element, index) => { element.__turn = index; });
    return { count: order.length, faults };
  }

  // The turn of what has the focus, and what is wrong with how that shows; null where nothing has it.
  function focused() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const faults = [], its = style(element), box = element.getBoundingClientRect();
    const behind = background(element.parentElement);
    const ring = its.outlineStyle !== "none" && parseFloat(its.outlineWidth) >= 1;
    if (!ring) faults.push("nobody sees that it has the focus: " + named(element));
    else if (its.outlineStyle !== "auto" && behind) {
      const ratio = contrast(over(colour(its.outlineColor), behind), behind);
      if (ratio < 3) faults.push("its focus has a contrast of " + ratio.toFixed(2) + ", not 3: " + named(element));
    }
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth || box.width < 2) {
      faults.push("it has the focus out of sight: " + named(element));
    }
    return { turn: element.__turn === undefined ? -1 : element.__turn, faults, name: named(element) };
  }

  return { structure, passive, forms, tables, contrasts, targets, width, motion, focusables, focused };
})();
