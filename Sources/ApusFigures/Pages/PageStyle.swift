/// The style sheet of pages: no resource from outside, and no width beyond the window's. Its colors are those of figures.
enum PageStyle {
  static let css = """
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px; }
    p, h1, h2, h3, li { overflow-wrap: anywhere; }
    header p { margin: 4px 0 0; color: var(--soft); }
    h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
    h2 { margin: 0 0 4px; font-size: 18px; }
    h3 { margin: 0 0 6px; font-size: 14px; font-weight: 600; }
    a { color: var(--c0); }
    section { margin-top: 20px; padding: 20px; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; }
    section p { max-width: 75ch; }
    .note { margin: 0 0 14px; color: var(--soft); }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
    .tiles div { container-type: inline-size; padding: 14px 16px; background: var(--panel); border: 1px solid var(--rule);
      border-radius: 10px; }
    .tiles b { display: block; font-size: min(24px, 160cqi / var(--n, 1)); font-weight: 650; font-variant-numeric: tabular-nums;
      white-space: nowrap; }
    .tiles span { color: var(--soft); font-size: 13px; }
    .tiles .main b { color: var(--c0); }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--w)), 1fr)); gap: 20px; margin: 8px 0; }
    .figure { display: block; width: 100%; height: auto; }
    .scroll { overflow-x: auto; min-width: 0; }
    .pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--w)), 1fr)); gap: 14px; margin: 8px 0; }
    .pictures figure { margin: 0; max-width: calc(1.5 * var(--w)); }
    .pictures img { display: block; width: 100%; height: auto; border-radius: 4px; } img.crisp { image-rendering: pixelated; }
    .pictures figcaption { margin-top: 5px; font-size: 12.5px; line-height: 1.4; color: var(--soft); overflow-wrap: anywhere;
      white-space: pre-line; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; color: var(--soft); font-size: 13px; }
    .legend i { display: inline-block; width: 12px; height: 12px; margin-right: 7px; vertical-align: middle; border-radius: 2px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    .values { width: 100%; margin-top: 8px; font-size: 13px; }
    .values th, .values td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
    .values .text { text-align: left; }
    .values th { color: var(--soft); font-weight: 600; }
    .values tr.kept td { font-weight: 650; }
    .links { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 6px 0 0; padding: 0; list-style: none; font-size: 13px; }
    details { margin-top: 16px; } summary { cursor: pointer; color: var(--soft); }
    dl { display: grid; grid-template-columns: minmax(110px, max-content) 1fr; gap: 3px 16px; margin: 0; }
    dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
    code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    footer { margin-top: 24px; color: var(--soft); font-size: 13px; }
    @media (max-width: 600px) { main { padding: 20px 12px 32px; } section { padding: 14px; } h1 { font-size: 24px; }
      .tiles { grid-template-columns: 1fr 1fr; } .tiles b { font-size: min(20px, 160cqi / var(--n, 1)); } }
    """

  static let print = """
    @media print { main { max-width: none; padding: 0; } section, .tiles div, figure, .figure, tr { break-inside: avoid; }
      .scroll { overflow: visible; } .figure { min-width: 0 !important; max-height: 24cm; } }
    """
}
