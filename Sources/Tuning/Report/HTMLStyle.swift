/// The one style sheet of all pages: light and dark by the reader's setting, light in print.
enum HTMLStyle {
  static let sheet = """
    :root {
      color-scheme: light dark;
      --bg: #fbfbfa; --panel: #ffffff; --ink: #1c2024; --soft: #5b636b; --line: #dcdfe2; --grid: #e9ebed;
      --main: #1f5fbf; --pos: #c2410c; --neg: #64748b; --alt: #0f766e; --third: #7c3aed;
      --allow: #15803d22; --open: #a1a1aa1f; --block: #b91c1c22;
      --warn-bg: #fff7e6; --warn: #8a5a00; --good: #15803d; --bad: #b91c1c;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --bg: #131517; --panel: #1a1d20; --ink: #e6e8ea; --soft: #9aa3ab; --line: #32373c; --grid: #272b2f;
        --main: #7db0ff; --pos: #ff9a62; --neg: #94a3b8; --alt: #4fd1c0; --third: #b79cff;
        --allow: #22c55e2e; --open: #a1a1aa1c; --block: #ef44442e;
        --warn-bg: #2d2413; --warn: #f2c56b; --good: #5fd08a; --bad: #ff8a80;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--bg); color: var(--ink);
      font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
    }
    main { max-width: 1020px; margin: 0 auto; padding: 40px 24px 64px; }
    header { border-bottom: 1px solid var(--line); margin-bottom: 24px; padding-bottom: 16px; }
    h1 { font-size: 27px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.012em; font-weight: 650; }
    h2 { font-size: 20px; margin: 44px 0 10px; letter-spacing: -0.008em; font-weight: 640; }
    h2 > code { font-size: 0.84em; }
    h3 { font-size: 15px; margin: 26px 0 8px; font-weight: 640; }
    p { margin: 0 0 10px; max-width: 76ch; }
    .sub, footer, figcaption, caption, small { color: var(--soft); }
    .sub { margin: 0; max-width: none; }
    small { font-size: 0.86em; white-space: nowrap; }
    td .ci { display: block; line-height: 1.25; }
    code { font: 0.9em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 0 0 20px; }
    .card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
    .card dt { color: var(--soft); font-size: 13px; }
    .card dd { margin: 2px 0 0; }
    .card b { display: block; font-size: 23px; font-weight: 640; line-height: 1.25; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
    .card span { color: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
    .scroll { overflow-x: auto; margin: 0 0 18px; }
    .scroll table { min-width: 560px; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    caption { text-align: left; padding: 0 0 6px; font-size: 13px; }
    th { text-align: left; font-weight: 600; font-size: 13px; color: var(--soft); border-bottom: 1px solid var(--line); padding: 6px 14px 6px 0; vertical-align: bottom; }
    td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--grid); vertical-align: baseline; }
    td:first-child { min-width: 96px; }
    th.n, td.n { text-align: right; padding: 6px 0 6px 14px; white-space: nowrap; }
    th.n + th:not(.n), td.n + td:not(.n) { padding-left: 20px; }
    tr:last-child td { border-bottom: 1px solid var(--line); }
    .notes { margin: 0 0 18px; padding: 10px 14px 10px 30px; border-radius: 8px; background: var(--warn-bg); color: var(--warn); max-width: 100%; }
    .notes.info { background: var(--panel); color: var(--soft); border: 1px solid var(--line); }
    .good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
    .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 16px; margin: 8px 0 20px; }
    figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 14px 12px; break-inside: avoid; }
    figure h4 { margin: 0 0 4px; font-size: 14px; font-weight: 640; }
    figcaption { font-size: 12.5px; line-height: 1.45; margin-top: 6px; }
    svg { display: block; width: 100%; height: auto; }
    svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
    svg .grid { stroke: var(--grid); stroke-width: 1; } svg .axis { stroke: var(--line); stroke-width: 1; }
    svg .dash { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 4; fill: none; }
    svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    svg .whisker { stroke-width: 1.4; }
    svg .zone-label { font-size: 10.5px; }
    .s-main { stroke: var(--main); } .s-pos { stroke: var(--pos); } .s-neg { stroke: var(--neg); } .s-alt { stroke: var(--alt); } .s-third { stroke: var(--third); }
    .f-main { fill: var(--main); } .f-pos { fill: var(--pos); } .f-neg { fill: var(--neg); } .f-alt { fill: var(--alt); } .f-third { fill: var(--third); }
    .f-allow { fill: var(--allow); } .f-open { fill: var(--open); } .f-block { fill: var(--block); }
    .mark { stroke: var(--panel); stroke-width: 1.5; }
    .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; margin: 6px 0 0; padding: 0; font-size: 12.5px; color: var(--soft); }
    .legend svg { display: inline-block; width: 16px; height: 10px; margin-right: 5px; vertical-align: baseline; }
    details { margin: 0 0 14px; } summary { cursor: pointer; color: var(--soft); }
    details code { display: inline-block; margin-right: 10px; }
    footer { margin-top: 48px; padding-top: 14px; border-top: 1px solid var(--line); font-size: 13px; }
    @media print {
      :root {
        color-scheme: light; --bg: #fff; --panel: #fff; --ink: #000; --soft: #444; --line: #bbb; --grid: #ddd;
        --main: #1f5fbf; --pos: #c2410c; --neg: #64748b; --alt: #0f766e; --third: #7c3aed;
        --allow: #15803d22; --open: #a1a1aa1f; --block: #b91c1c22; --warn-bg: #fff; --warn: #5c3c00; --good: #15803d; --bad: #b91c1c;
      }
      body { font-size: 9.5pt; } main { max-width: none; padding: 0; }
      h2 { margin-top: 20px; } td, th { padding-top: 3px; padding-bottom: 3px; } th.n { white-space: normal; }
      .scroll { overflow: visible; } .scroll table { min-width: 0; }
      details::details-content { content-visibility: visible; display: block; }
      .plots { grid-template-columns: 1fr 1fr; } h2, h3 { break-after: avoid; } tr, .card { break-inside: avoid; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
}
