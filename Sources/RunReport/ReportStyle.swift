/// Rules of the run's page, behind the common sheet.
enum ReportStyle {
  static let sheet = """

    :root { --v-allow: #2f855a; --v-review: #b7791f; --v-block: #c53030; --v-open: #cbd5e0; --mark: #fde68a; --mark-ink: #1c2024; }
    @media (prefers-color-scheme: dark) { :root { --v-allow: #3c9a6c; --v-review: #d69e2e; --v-block: #e05252; --v-open: #3b4148; --mark: #6b5714; --mark-ink: #fff3c4; } }
    .s-review { stroke: var(--v-review); } .f-review { fill: var(--v-review); } .f-blocked { fill: var(--v-block); }
    mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px; padding: 0 2px; }
    .v-allow { fill: var(--v-allow); } .v-review { fill: var(--v-review); } .v-block { fill: var(--v-block); } .v-open { fill: var(--v-open); }
    svg text.on-allow, svg text.on-review, svg text.on-block { fill: #fff; font-size: 12.5px; font-weight: 600; }
    svg text.on-open { fill: var(--ink); font-size: 12.5px; } svg text.name { fill: var(--ink); font-size: 13.5px; }
    .flow { margin: 8px 0 18px; }
    .key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; }
    .key.allow { background: var(--v-allow); } .key.review { background: var(--v-review); } .key.block { background: var(--v-block); } .key.open { background: var(--v-open); }
    .cases { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 14px; }
    .case { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px 8px; break-inside: avoid; }
    .case h3 { margin: 0 0 8px; } .case p { font-size: 14px; }
    blockquote { margin: 0 0 10px; padding: 8px 12px; border-left: 3px solid var(--line); background: var(--bg); overflow-wrap: anywhere; }
    .said { color: var(--soft); font-style: italic; }
    .chip { display: inline-block; font-size: 12px; font-weight: 600; line-height: 1.5; padding: 0 8px; border-radius: 10px; color: #fff; white-space: nowrap; }
    .chip.allow { background: var(--v-allow); } .chip.review { background: var(--v-review); } .chip.block { background: var(--v-block); }
    table.features { font-size: 13px; margin-bottom: 10px; } table.features td { padding: 2px 8px 2px 0; border: 0; } .barcell { width: 45%; }
    .bar { display: block; height: 9px; border-radius: 2px; } .bar.for { background: var(--v-block); } .bar.against { background: var(--v-allow); }
    .conversation { border: 1px solid var(--line); border-radius: 8px; background: var(--panel); margin: 0 0 12px; break-inside: auto; }
    .conversation > summary { padding: 10px 14px; color: var(--ink); }
    .conversation > summary small { margin-left: 8px; }
    .chat { list-style: none; margin: 0; padding: 4px 14px 10px; }
    .chat li { padding: 3px 0 3px 12px; border-left: 3px solid transparent; overflow-wrap: anywhere; }
    .chat li.flagged.review { border-left-color: var(--v-review); } .chat li.flagged.block { border-left-color: var(--v-block); }
    .chat li.gap { color: var(--soft); font-size: 12.5px; padding: 6px 0 6px 12px; }
    .chat .author { color: var(--soft); font-size: 13px; margin-right: 4px; }
    .chat details { margin: 0; } .chat summary { color: var(--ink); list-style: none; } .chat summary::-webkit-details-marker { display: none; }
    .chat summary:hover .text { text-decoration: underline dotted; text-underline-offset: 3px; }
    .chat .why { margin: 4px 0 8px; padding: 8px 12px; background: var(--bg); border-radius: 6px; font-size: 13.5px; }
    .chat .why p { margin: 0 0 4px; } .chat .way { color: var(--soft); font-size: 12.5px; }
    """
}
