extension InspectorStyle {
  static let deliveries = """
    .filter details { flex: 1 1 100%; margin: 0; }
    .fields { display: flex; flex-wrap: wrap; gap: .6rem 1rem; padding: .5rem 0 .2rem; }
    .tabs { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; border-bottom: 1px solid var(--line); }
    .tabs a { padding: .3rem 0 .2rem; color: var(--soft); text-decoration: none; border-bottom: 3px solid transparent; }
    .tabs a:hover { color: var(--ink); }
    .tabs a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
    .tabs a[download] { margin-left: auto; color: var(--accent); text-decoration: underline; }
    .hex { white-space: pre; }
    .timeline { list-style: none; margin: .6rem 0; padding: 0 0 0 1.1rem; border-left: 2px solid var(--line); }
    .timeline li { margin: 0 0 .7rem; }
    .timeline .when { white-space: normal; }
    .timeline details { margin: .2rem 0 0; }
    .timeline summary { font-weight: 400; color: var(--accent); }
    .timeline pre { max-height: 16rem; margin: .3rem 0; }
    .difference span { display: block; padding-left: 2ch; text-indent: -2ch; }
    .confirm .field { margin: .6rem 0; }

    """
}
