extension InspectorStyle {
  static let tables = """
    table {
      width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line);
      margin: .7rem 0;
    }
    caption { text-align: left; color: var(--soft); font-size: .87rem; padding: 0 0 .35rem; }
    th, td {
      text-align: left; vertical-align: baseline; padding: .42rem .75rem; border-top: 1px solid var(--line);
      font-weight: 400; overflow-wrap: anywhere; unicode-bidi: isolate;
    }
    tbody th { min-width: 9rem; }
    tbody .name { min-width: 12.5rem; }
    thead th { color: var(--soft); font-size: .85rem; font-weight: 600; border-top: 0; white-space: nowrap; }
    tbody tr:hover { background: var(--accent-soft); }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    td .when { white-space: normal; }
    td .utc { display: block; white-space: nowrap; }
    .label { display: none; }

    """

  static let forms = """
    .filter {
      display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: flex-end; padding: .8rem 1rem; margin: .8rem 0;
      background: var(--card); border: 1px solid var(--line); border-radius: 8px;
    }
    .field { display: flex; flex-direction: column; gap: .15rem; flex: 1 1 11rem; max-width: 20rem; min-width: 0; }
    label { font-size: .87rem; color: var(--soft); }
    input, select, textarea {
      font: inherit; color: var(--ink); background: var(--page); border: 1px solid var(--strong); border-radius: 5px;
      padding: .35rem .55rem; min-height: 2.35rem; width: 100%;
    }
    input[type="checkbox"], input[type="radio"] { width: auto; min-height: 0; accent-color: var(--accent); }
    ::placeholder { color: var(--soft); opacity: 1; }
    button, .button {
      font: inherit; font-weight: 600; display: inline-block; padding: .35rem .9rem; min-height: 2.2rem;
      cursor: pointer;
      color: var(--ink); background: var(--card); border: 1px solid var(--strong); border-radius: 5px;
      text-decoration: none;
    }
    button:hover, .button:hover { background: var(--accent-soft); text-decoration: none; }
    button.quiet { color: var(--ink); }
    button.busy { color: var(--accent-ink); background: var(--accent); border-color: var(--accent); }
    button.busy:hover { color: var(--accent); background: var(--card); }
    button.problem { color: var(--problem); border-color: var(--problem); }
    button.problem:hover { background: var(--problem-soft); }
    .actions { display: flex; flex-wrap: wrap; gap: .5rem .6rem; margin: .8rem 0 0; align-items: center; }
    .filter .actions { margin: 0; }
    .inline { display: inline; }
    .confirm {
      background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 8px;
      padding: .8rem 1.1rem 1.1rem; margin: 1rem 0; max-width: 46rem;
    }
    .question { font-weight: 600; }

    """

  static let overview = """
    .attention { list-style: none; margin: 0; padding: 0; }
    .attention li {
      background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--strong); border-radius: 6px;
      padding: .45rem .9rem; margin: 0 0 .5rem; display: flex; flex-wrap: wrap; justify-content: space-between;
      align-items: baseline; gap: 0 1.5rem;
    }
    .attention li.problem { border-left-color: var(--problem); }
    .attention li.warning { border-left-color: var(--warning); }
    .attention p { margin: .15rem 0; }
    .said { overflow-wrap: anywhere; unicode-bidi: isolate; }
    .mend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
    .tiles {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem; margin: 1.2rem 0 0;
    }
    .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .55rem .9rem; }
    .tiles dt { font-size: .85rem; }
    .tiles dd { font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--ink); }
    .tiles .problem { border-color: var(--problem); }
    .spark { display: block; width: 100%; height: 3rem; margin: .6rem 0 0; }
    .spark .base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
    .spark .area { fill: var(--accent-soft); }
    .spark .line { fill: none; stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .spark .verified { stroke: var(--accent); }
    .spark .refused { stroke: var(--warning); stroke-dasharray: 4 2; }
    .spark .failed { stroke: var(--problem); stroke-dasharray: 1.5 2; }
    .legend { color: var(--soft); font-size: .87rem; margin: .2rem 0 .6rem; }

    """

  /// Cells below each other, each behind its column's title.
  static let narrow = """
    @media (max-width: 46rem) {
      body > header { padding: 0 .9rem; }
      .brand { padding-bottom: 0; }
      header nav { width: 100%; }
      header ul { margin: 0 -.6rem; }
      header li a { padding: .5rem .6rem .4rem; }
      main { padding: 1rem .9rem 1.5rem; }
      body > footer { padding: 0 .9rem 1rem; }
      article { padding: .8rem .9rem; }
      .facts { grid-template-columns: minmax(0, 1fr); }
      .facts > div { grid-template-columns: 7rem minmax(0, 1fr); }
      .field { max-width: none; flex-basis: 100%; }
      table, tbody, caption { display: block; border: 0; background: none; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      tbody tr {
        display: block; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
        padding: .4rem .8rem;
        margin: 0 0 .6rem;
      }
      tbody th, tbody td {
        display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .7rem; border: 0; padding: .15rem 0;
        text-align: left; min-width: 0;
      }
      .label { display: block; color: var(--soft); font-size: .87rem; }
      td .utc { display: inline; }
      tbody .number { white-space: normal; text-align: left; }
      tbody .name { min-width: 0; }
      tbody td:has(> div:empty) .label, .pairs .label { display: none; }
      .pairs tbody tr {
        display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .7rem; padding: .3rem .8rem; margin: 0;
        border-radius: 0;
      }
      .pairs tbody tr + tr { border-top: 0; }
      .pairs tbody th, .pairs tbody td { display: block; padding: 0; }
    }
    @media print {
      body > header, .actions, .filter, .refresh, .pager, .skip { display: none; }
    }

    """
}
