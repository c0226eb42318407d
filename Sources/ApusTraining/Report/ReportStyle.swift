/// What a report has beside other pages: its confusion matrix, scenes and settings.
enum ReportStyle {
  static let css = """
    .legend i.scale { width: 64px; height: 10px; }
    i.scale.right { background: linear-gradient(to right, transparent, var(--c0)); border: 1px solid var(--rule); }
    i.scale.wrong { background: linear-gradient(to right, transparent, var(--c1)); border: 1px solid var(--rule); }
    .scenes { margin: 14px 0 0; } .scenes img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
    .scenes figcaption { margin-top: 5px; font-size: 12.5px; color: var(--soft); }
    .matrix { margin: 0 auto; font-size: 13px; }
    .matrix th { padding: 3px 7px; color: var(--soft); font-weight: 600; }
    .matrix th.axis { font-weight: 400; font-style: italic; }
    .matrix tbody th { text-align: right; }
    .matrix td { min-width: 40px; height: 34px; padding: 2px 5px; text-align: center; border: 1px solid var(--rule); }
    .matrix td.right { background: color-mix(in oklab, var(--c0) var(--v, 0%), transparent); }
    .matrix td.wrong { background: color-mix(in oklab, var(--c1) var(--v, 0%), transparent); }
    .matrix td.strong { color: var(--on); font-weight: 600; }
    .matrix td.rate { border: 0; color: var(--soft); white-space: nowrap; font-size: 12px; }
    .settings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 20px 36px; }
    @media (max-width: 600px) { .matrix { font-size: 10px; } .matrix td { min-width: 20px; height: 25px; padding: 0; }
      .matrix th { padding: 2px; } .matrix .strong { font-weight: 400; } .matrix td.rate { font-size: 9px; }
      .matrix tfoot { display: none; } }
    """
}
