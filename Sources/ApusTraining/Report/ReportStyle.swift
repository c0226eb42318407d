import ApusCore
import ApusLayers

/// The style sheet and the script of the report: no resource from outside, light and dark, made to print.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --ground: #fbfbfa; --panel: #ffffff; --ink: #1b1f24; --soft: #5d6672; --rule: #e2e5e9;
      --train: #2563c9; --validation: #c9610a; --right: #2563c9; --wrong: #c9610a; --strong: #ffffff; }
    @media (prefers-color-scheme: dark) { :root { --ground: #121519; --panel: #1a1e24; --ink: #e6e9ee; --soft: #98a2b0;
      --rule: #2d333c; --train: #6ea8ff; --validation: #ffa352; --right: #4f8ff0; --wrong: #e8853a; --strong: #0c0f13; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px; }
    header p { margin: 4px 0 0; color: var(--soft); }
    h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
    h2 { margin: 0 0 4px; font-size: 18px; }
    h3 { margin: 0 0 6px; font-size: 14px; font-weight: 600; }
    section { margin-top: 20px; padding: 20px; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; }
    .note { margin: 0 0 14px; color: var(--soft); max-width: 75ch; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
    .tiles div { container-type: inline-size; padding: 14px 16px; background: var(--panel); border: 1px solid var(--rule);
      border-radius: 10px; }
    .tiles b { display: block; font-size: min(24px, 160cqi / var(--n, 1)); font-weight: 650; font-variant-numeric: tabular-nums;
      white-space: nowrap; }
    .tiles span { color: var(--soft); font-size: 13px; }
    .tiles .main b { color: var(--train); }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 24px; }
    .chart { display: block; width: 100%; height: auto; overflow: visible; }
    .chart .grid { stroke: var(--rule); }
    .chart .tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
    .chart .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
    .line.learning { stroke-dasharray: 5 4; stroke-width: 1.6; } .line.learning, .mark.learning { stroke: var(--train); }
    .line.train, .mark.train { stroke: var(--train); } .line.validation, .mark.validation { stroke: var(--validation); }
    .dot.learning { fill: none; } .dot.train { fill: var(--train); } .dot.validation { fill: var(--validation); }
    .chart .kept { stroke: var(--soft); stroke-dasharray: 3 4; }
    .chart .cursor { stroke: var(--soft); visibility: hidden; }
    .chart .mark { fill: var(--panel); stroke-width: 2.4; visibility: hidden; }
    .chart .sensor { fill: transparent; cursor: crosshair; }
    .bands { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 200px), 1fr)); gap: 14px 18px; margin: 0 0 18px; }
    .bands figure { margin: 0; } .bands figcaption { font-size: 12.5px; color: var(--soft); overflow-wrap: anywhere; }
    .bands figcaption b { color: var(--ink); }
    .band { stroke: none; fill-opacity: 0.25; } .band.value { fill: var(--train); } .band.gradient { fill: var(--validation); }
    .chart .line.value, .chart .line.gradient { stroke-width: 1.4; } .line.value { stroke: var(--train); }
    .line.gradient { stroke: var(--validation); }
    .plot { position: relative; }
    .tip { position: absolute; z-index: 1; pointer-events: none; visibility: hidden; padding: 6px 10px; border-radius: 6px;
      background: var(--ink); color: var(--ground); font-size: 12.5px; line-height: 1.45; white-space: nowrap;
      font-variant-numeric: tabular-nums; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; color: var(--soft); font-size: 13px; }
    .legend i { display: inline-block; width: 18px; height: 3px; margin-right: 7px; vertical-align: middle; border-radius: 2px; }
    .legend i.learning { height: 0; border-top: 2px dashed var(--train); }
    i.train { background: var(--train); } i.validation { background: var(--validation); }
    .legend i.kept { height: 0; border-top: 2px dotted var(--soft); }
    .legend i.scale { width: 64px; height: 10px; }
    i.scale.right { background: linear-gradient(to right, transparent, var(--right)); border: 1px solid var(--rule); }
    i.scale.wrong { background: linear-gradient(to right, transparent, var(--wrong)); border: 1px solid var(--rule); }
    .legend i.swatch { width: 12px; height: 12px; }
    .scenes { margin: 14px 0 0; } .scenes img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
    .scenes figcaption { margin-top: 5px; font-size: 12.5px; color: var(--soft); }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    .matrix { margin: 0 auto; font-size: 13px; }
    .matrix th { padding: 3px 7px; color: var(--soft); font-weight: 600; }
    .matrix th.axis { font-weight: 400; font-style: italic; }
    .matrix tbody th { text-align: right; }
    .matrix td { min-width: 40px; height: 34px; padding: 2px 5px; text-align: center; border: 1px solid var(--rule); }
    .matrix td.right { background: color-mix(in oklab, var(--right) var(--v, 0%), transparent); }
    .matrix td.wrong { background: color-mix(in oklab, var(--wrong) var(--v, 0%), transparent); }
    .matrix td.strong { color: var(--strong); font-weight: 600; }
    .matrix td.rate { border: 0; color: var(--soft); white-space: nowrap; font-size: 12px; }
    .filters { display: flex; flex-wrap: wrap; gap: 10px; }
    .filters img { width: 92px; height: 92px; image-rendering: pixelated; border: 1px solid var(--rule); border-radius: 4px; }
    .mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 16px 14px; }
    .mistakes figure { margin: 0; }
    .mistakes img { display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 6px; background: #000; }
    .mistakes figcaption { margin-top: 5px; font-size: 12.5px; line-height: 1.4; color: var(--soft);
      overflow-wrap: anywhere; }
    .mistakes b { color: var(--ink); } .mistakes em { font-style: normal; font-weight: 600; color: var(--validation); }
    .values { width: 100%; margin-top: 8px; font-size: 13px; }
    .values th, .values td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
    .values th { color: var(--soft); font-weight: 600; }
    .values tr.kept td { font-weight: 650; }
    details { margin-top: 16px; } summary { cursor: pointer; color: var(--soft); }
    .settings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 20px 36px; }
    dl { display: grid; grid-template-columns: minmax(110px, max-content) 1fr; gap: 3px 16px; margin: 0; }
    dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
    code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    footer { margin-top: 24px; color: var(--soft); font-size: 13px; }
    @media (max-width: 600px) { main { padding: 20px 12px 32px; } section { padding: 14px; } h1 { font-size: 24px; }
      .tiles { grid-template-columns: 1fr 1fr; } .tiles b { font-size: min(20px, 160cqi / var(--n, 1)); } .matrix { font-size: 10px; }
      .matrix td { min-width: 20px; height: 25px; padding: 0; } .matrix th { padding: 2px; } .matrix .strong { font-weight: 400; } .matrix td.rate { font-size: 9px; }
      .matrix tfoot { display: none; } }
    @media print { :root { --ground: #fff; --panel: #fff; --ink: #000; --soft: #444; --rule: #ccc; --train: #2563c9;
      --validation: #c9610a; --right: #2563c9; --wrong: #c9610a; --strong: #fff; color-scheme: light; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } main { max-width: none; padding: 0; }
      section, .tiles div, figure, tr { break-inside: avoid; } .tip, .cursor, .mark { display: none; } }
    """

  /// Shows the values of the epoch under the pointer.
  static let script = """
    for (const chart of document.querySelectorAll('svg.chart')) {
      const list = (element, key) => element.dataset[key].split(' ');
      const xs = list(chart, 'x').map(Number), epochs = list(chart, 'epochs');
      const probes = [...chart.querySelectorAll('.probe')], cursor = chart.querySelector('.cursor');
      const tip = chart.parentNode.appendChild(document.createElement('div'));
      tip.className = 'tip';
      const show = visible => {
        for (const shown of [tip, cursor, ...chart.querySelectorAll('.mark')])
          shown.style.visibility = visible ? 'visible' : 'hidden';
      };
      chart.querySelector('.sensor').addEventListener('pointermove', event => {
        const box = chart.getBoundingClientRect(), scale = chart.viewBox.baseVal.width / box.width;
        const at = (event.clientX - box.left) * scale;
        let nearest = 0;
        xs.forEach((x, index) => { if (Math.abs(x - at) < Math.abs(xs[nearest] - at)) nearest = index; });
        cursor.setAttribute('x1', xs[nearest]);
        cursor.setAttribute('x2', xs[nearest]);
        const lines = [`epoch ${epochs[nearest]}`];
        for (const probe of probes) {
          const mark = probe.querySelector('.mark');
          mark.setAttribute('cx', xs[nearest]);
          mark.setAttribute('cy', list(probe, 'y')[nearest]);
          lines.push(`${probe.dataset.name} ${list(probe, 'values')[nearest]} ${probe.dataset.unit}`);
        }
        tip.replaceChildren(...lines.map(text => {
          const line = document.createElement('div');
          line.textContent = text;
          return line;
        }));
        const x = xs[nearest] / scale, fits = x + tip.offsetWidth + 14 < box.width;
        tip.style.left = `${fits ? x + 12 : x - tip.offsetWidth - 12}px`;
        tip.style.top = '24px';
        show(true);
      });
      chart.querySelector('.sensor').addEventListener('pointerleave', () => show(false));
    }
    """
}
