/// The style sheet of all pages. Colours are in pairs that have a contrast of 4.5 and more on each other (WCAG 2.2 AA),
/// light and dark; nothing is told by colour alone.
enum InspectorStyle {
  /// With its own fingerprint: a browser may keep it as long as it likes.
  static let address = PageAddress("style.css", query: [("v", version)])

  static let text = colours + shell + words + blocks + tables + forms + overview + deliveries + narrow

  /// FNV-1a of the text.
  static let version: String = {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 36)
  }()

  private static let colours = """
    :root {
      color-scheme: light dark;
      --page: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #566172; --line: #d9dee5; --strong: #77828f;
      --accent: #0b5cad; --accent-ink: #fff; --accent-soft: #e3eefa;
      --good: #11672f; --good-soft: #e0f3e5; --busy: #0b5cad; --busy-soft: #e3eefa;
      --warning: #7a4b00; --warning-soft: #fdf0d5; --problem: #a81b1b; --problem-soft: #fde7e5;
      --sans: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #10151c; --card: #19202a; --ink: #e3e8ef; --soft: #a3aebd; --line: #2d3744; --strong: #66738a;
        --accent: #84bbf7; --accent-ink: #0c1a2a; --accent-soft: #1c324b;
        --good: #7fd49a; --good-soft: #17301f; --busy: #84bbf7; --busy-soft: #1c324b;
        --warning: #f0c065; --warning-soft: #362a10; --problem: #ff9d94; --problem-soft: #421d1c;
      }
    }

    """

  private static let shell = """
    * { box-sizing: border-box; }
    html { font: 15px/1.5 var(--sans); color: var(--ink); background: var(--page); -webkit-text-size-adjust: 100%; }
    body { margin: 0; }
    body > header {
      display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.5rem;
      padding: 0 max(1.5rem, calc(50vw - 38.5rem)); background: var(--card); border-bottom: 1px solid var(--line);
    }
    .brand { font-weight: 700; letter-spacing: .01em; color: var(--ink); text-decoration: none; padding: .7rem 0; }
    header ul { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; }
    header li a {
      display: block; padding: .7rem .75rem .55rem; color: var(--soft); text-decoration: none;
      border-bottom: 3px solid transparent;
    }
    header li a:hover { color: var(--ink); }
    header li a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
    main { max-width: 80rem; margin: 0 auto; padding: 1.25rem 1.5rem 2rem; }
    main:focus { outline: none; }
    body > footer { max-width: 80rem; margin: 0 auto; padding: 0 1.5rem 1.5rem; color: var(--soft); font-size: .87rem; }
    .skip {
      position: absolute; left: -100vw; top: 0; padding: .6rem 1rem; background: var(--accent);
      color: var(--accent-ink);
    }
    .skip:focus { left: 0; z-index: 1; }
    a { color: var(--accent); text-underline-offset: .15em; text-decoration-thickness: 1px; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
    h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .8rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
    h2 { font-size: 1.08rem; margin: 1.8rem 0 .7rem; }
    h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
    p { margin: .5rem 0; }
    section + section { margin-top: 1.8rem; }
    .lead { max-width: 46rem; color: var(--soft); }
    .refresh { color: var(--soft); font-size: .87rem; margin: -.5rem 0 1rem; }
    @media (prefers-reduced-motion: no-preference) {
      a, button, .button { transition: background-color .1s, color .1s; }
    }

    """

  private static let words = """
    code, pre { font-family: var(--mono); font-size: .87em; }
    code { overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
    pre {
      margin: .5rem 0; padding: .75rem .9rem; overflow: auto; max-height: 40rem; tab-size: 2; unicode-bidi: plaintext;
      background: var(--card); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    .command {
      display: inline-block; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 4px;
      background: var(--page); user-select: all;
    }
    .quiet { color: var(--soft); }
    .when { white-space: nowrap; }
    .utc { color: var(--soft); font-size: .87em; white-space: nowrap; }
    .badge {
      display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .85rem; font-weight: 600;
      color: var(--soft); background: var(--page); border: 1px solid var(--line); text-decoration: none;
      overflow-wrap: anywhere; unicode-bidi: isolate;
    }
    a.badge { text-decoration: underline; }
    .badge.good { color: var(--good); background: var(--good-soft); border-color: transparent; }
    .badge.busy { color: var(--busy); background: var(--busy-soft); border-color: transparent; }
    .badge.warning { color: var(--warning); background: var(--warning-soft); border-color: transparent; }
    .badge.problem { color: var(--problem); background: var(--problem-soft); border-color: transparent; }
    .text.warning { color: var(--warning); font-weight: 600; }
    .text.problem { color: var(--problem); font-weight: 600; }
    mark { background: var(--warning-soft); color: var(--warning); }
    del, .removed { background: var(--problem-soft); color: var(--problem); text-decoration: none; }
    ins, .added { background: var(--good-soft); color: var(--good); text-decoration: none; }

    """

  private static let blocks = """
    .notice, .empty {
      padding: .6rem .9rem; border-radius: 6px; border: 1px solid var(--line); background: var(--card);
    }
    .notice { border-left: 4px solid var(--accent); }
    .notice.good { border-left-color: var(--good); }
    .notice.warning { border-left-color: var(--warning); }
    .notice.problem { border-left-color: var(--problem); }
    .empty { color: var(--soft); max-width: 46rem; }
    .facts {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(26rem, 1fr)); gap: .3rem 2rem;
      margin: .6rem 0;
    }
    .facts > div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .75rem; align-items: baseline; }
    dt { color: var(--soft); font-size: .92rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
    dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; min-width: 0; }
    .facts .when { white-space: normal; }
    article {
      background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1.1rem;
      margin: 0 0 .9rem;
    }
    .head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .2rem 1rem; }
    .badges { display: flex; flex-wrap: wrap; gap: .25rem .75rem; margin: 0; align-items: baseline; }
    .lanes, .words, .names { list-style: none; margin: 0; padding: 0; }
    .lanes li + li { margin-top: .25rem; }
    .words { display: flex; flex-wrap: wrap; gap: 0 .9rem; }
    .names { columns: 18rem; }
    .names li { overflow-wrap: anywhere; unicode-bidi: isolate; padding: .15rem 0; }
    .pager { display: flex; gap: 1rem; margin: 1rem 0; }
    .pager a { padding: .3rem 0; }
    details { margin: .6rem 0; }
    summary { cursor: pointer; padding: .2rem 0; font-weight: 600; }
    .count { color: var(--soft); }
    progress { width: 16rem; max-width: 60%; height: .8rem; vertical-align: middle; accent-color: var(--accent); }
    .progress { font-variant-numeric: tabular-nums; }

    """
}
