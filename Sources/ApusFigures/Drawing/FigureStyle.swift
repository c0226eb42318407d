/// What figures look like, alone and inside a page: one set of colors for light, dark and paper.
///
/// Series have the colors of Okabe and Ito (2008), which are told apart with every kind of color vision; on a dark ground they are
/// lighter. Yellow, which is not seen on white, has its place in the dark alone. From the eighth series on lines are dashed.
enum FigureStyle {
  /// Series with colors of their own.
  static let colors = 7

  /// Classes of the color and the dashes of a series by its place.
  static func series(_ place: Int) -> String { "c\(place % colors)" + (place < colors ? "" : " again") }

  /// The variables, of which the rest is made.
  static let variables = """
    :root { color-scheme: light dark; --ground: #fbfbfa; --panel: #ffffff; --ink: #1b1f24; --soft: #5d6672; --rule: #e2e5e9;
      --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b8578f; --c4: #c98500; --c5: #3d9fd6; --c6: #6b7480; --on: #ffffff; }
    @media (prefers-color-scheme: dark) { :root { --ground: #121519; --panel: #1a1e24; --ink: #e6e9ee; --soft: #98a2b0;
      --rule: #2d333c; --c0: #56b4e9; --c1: #ff9447; --c2: #2cc79a; --c3: #e79ac6; --c4: #f0e442; --c5: #8fa8ff; --c6: #a8b0bd;
      --on: #0c0f13; } }
    """

  /// On paper the ground is white, whatever the screen has. After every other rule.
  static let print = """
    @media print { :root { color-scheme: light; --ground: #fff; --panel: #fff; --ink: #000; --soft: #444; --rule: #ccc;
      --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b8578f; --c4: #c98500; --c5: #3d9fd6; --c6: #6b7480; --on: #fff; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
    """

  /// The classes that figures use.
  static let css = """
    .figure { font: 12px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    .figure text { fill: var(--ink); font-variant-numeric: tabular-nums; }
    .figure .title { font-size: 14px; font-weight: 600; } .figure .subtitle { font-size: 12.5px; font-weight: 600; }
    .figure .tick, .figure .key, .figure .axis { fill: var(--soft); } .figure .small { fill: var(--soft); font-size: 11px; }
    .figure .on { fill: #fff; font-size: 11px; } .figure .under { fill: #1b1f24; font-size: 11px; }
    .figure .ground { fill: var(--panel); } .figure .grid { stroke: var(--rule); } .figure .rule { stroke: var(--soft); }
    .figure .frame { fill: none; stroke: var(--rule); }
    .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); }
    .c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
    .figure .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .figure .line.dashed { stroke-dasharray: 5 4; stroke-width: 1.6; } .figure .line.again { stroke-dasharray: 2 4; }
    .figure .band { fill: var(--c); fill-opacity: 0.22; stroke: none; } .figure .area { fill: var(--c); fill-opacity: 0.85; }
    .figure .dot { fill: var(--c); } .figure .dot.faint { fill-opacity: 0.7; }
    .figure .dot.again { fill: none; stroke: var(--c); stroke-width: 1.4; }
    .figure .mark { fill: var(--panel); stroke: var(--c); stroke-width: 2.2; }
    .figure .gap { fill: none; stroke: var(--c); stroke-width: 1.6; } .figure .infinite { fill: var(--c); }
    .figure .event { stroke: var(--soft); stroke-dasharray: 3 4; } .figure .whisker { stroke: var(--ink); stroke-width: 1.3; }
    .figure .cell { shape-rendering: crispEdges; } .figure .crisp { image-rendering: pixelated; }
    .figure .contour { fill: none; stroke: #fff; stroke-opacity: 0.75; stroke-width: 1; }
    .figure .path { fill: none; stroke: #fff; stroke-width: 4; stroke-opacity: 0.8; stroke-linejoin: round; }
    .figure .node { fill: var(--ground); stroke: var(--c); stroke-width: 1.5; }
    .figure .halo { paint-order: stroke; stroke: var(--panel); stroke-width: 3px; stroke-linejoin: round; }
    .figure .edge { fill: none; stroke: var(--soft); stroke-width: 1.3; } .figure .arrow { fill: var(--soft); }
    """
}
