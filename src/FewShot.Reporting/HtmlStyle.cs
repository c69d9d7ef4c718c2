namespace FewShot.Reporting;

/// <summary>The style sheet of reports; the colours are those of <see cref="PlotStyle"/>.</summary>
internal static class HtmlStyle
{
    public const string Sheet = """
        :root{--ink:#1c2024;--soft:#646b75;--line:#e1e4e8;--page:#f5f6f8;--paper:#fff;--accent:#2563c9;--tint:#eef4fd}
        @media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a0a7b2;--line:#2b3038;--page:#0e1014;--paper:#15181d;--accent:#6ea8fe;--tint:#17233a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
        main{max-width:860px;margin:0 auto;padding:48px 24px 72px}
        h1{font-size:30px;line-height:1.2;margin:0;letter-spacing:-.01em}
        header{border-bottom:1px solid var(--line);padding-bottom:20px;margin-bottom:24px}
        header p{margin:8px 0 0;color:var(--soft)}
        h2{font-size:20px;margin:40px 0 12px;letter-spacing:-.005em}
        p{margin:12px 0;max-width:70ch}
        figure{margin:20px 0;background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px;overflow:hidden}
        figure svg{display:block;width:100%;height:auto}
        figcaption{color:var(--soft);font-size:13.5px;padding:10px 8px 2px}
        .wide{overflow-x:auto}
        .broad{width:min(calc(100vw - 48px),1280px);margin-left:50%;transform:translateX(-50%)}
        .broad th{white-space:normal;vertical-align:bottom}
        .broad th,.broad td{padding:8px}
        .broad td:first-child{white-space:nowrap}
        table{border-collapse:collapse;width:100%;font-size:14.5px}
        th{text-align:left;font-weight:600;color:var(--soft);font-size:13px;white-space:nowrap}
        th,td{padding:8px 12px;border-bottom:1px solid var(--line);vertical-align:top}
        tbody tr:last-child td{border-bottom:0}
        .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .highlighted td{background:var(--tint);font-weight:600}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:20px 0}
        .figures div{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
        .figures dt{color:var(--soft);font-size:13.5px}
        .figures dd{margin:2px 0 0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        aside{border-left:3px solid var(--accent);background:var(--tint);border-radius:0 8px 8px 0;padding:10px 16px;margin:16px 0;font-size:14.5px}
        pre{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto;font:13px/1.2 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        @media print{body{background:none}main{max-width:none;padding:0}.broad{width:auto;margin-left:0;transform:none}figure,aside,.figures div{break-inside:avoid}}
        """;
}
