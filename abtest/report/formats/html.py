"""The report as one HTML file that needs nothing else: no script, no network, its charts drawn in it.

Principle: what is not needed is forbidden. The page's policy lets no source in but the one style sheet below, by its
hash; so the charts' styles become attributes.
"""

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from abtest.report.blocks import Document, Facts, Headline
from abtest.report.drawing.fonts import FAMILY
from abtest.report.formats.format import Files, Format
from abtest.report.formats.markup import block, bullets, element, escaped, section, table, text, tiles

if TYPE_CHECKING:
    from abtest.report.drawing.drawings import Drawings

_MARK = '<meta name="generator" content="abtest">'
_NARROW = 250.0  # points of a chart on a phone
_STYLE = """
:root{color-scheme:light dark;--ink:#1f2933;--quiet:#52606d;--rule:#d3d9df;--wash:#f4f6f8;--page:#fff;--good:#005b8f;
--bad:#b42318;--caution:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--quiet:#a5b1bd;--rule:#3e4c59;--wash:#1c252e;--page:#12181f;
--good:#7cc4fa;--bad:#ff9b8f;--caution:#f0b429}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--ink);overflow-wrap:anywhere;
font:1rem/1.45 system-ui,"Segoe UI","DejaVu Sans",Verdana,sans-serif}
h1,h2,h3,p,li,dd,dt,td,th{unicode-bidi:plaintext}
h1{font-size:1.7rem;line-height:1.2;margin:.2em 0 .4em}
h2{font-size:1.25rem;margin:2em 0 .6em;padding-bottom:.25em;border-bottom:2px solid var(--ink)}
h3{font-size:1rem;margin:1.5em 0 .4em}
p{margin:.6em 0}
.quiet,.muted,small,dt,footer,nav{color:var(--quiet)}
small{display:block;font-size:.82em;font-weight:400}
.good,.bad,.caution{font-weight:700}
.good{color:var(--good)}.bad{color:var(--bad)}.caution{color:var(--caution)}
dl{margin:1em 0}dd{margin:0 0 .2em}dt{font-size:.85em;margin-top:.6em}
nav ul{padding:0;display:flex;flex-wrap:wrap;gap:.2em 1em;list-style:none;font-size:.9em}
a{color:inherit}
.alarm{background:#b42318;color:#fff;padding:.5em 1em;font-weight:700;text-align:center}
.banner{color:#fff;background:#47525d;padding:1em 1.2em;border-radius:6px}
.banner.good{background:#00664b}.banner.bad{background:#b42318}.banner.caution{background:#8a5a00}
.banner p{margin:.3em 0;font-weight:400}.banner h2{border:0;margin:0;padding:0;font-size:1.6rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem}
.tiles dl{background:var(--wash);padding:.7em .9em;margin:0;font-size:.85em;color:var(--quiet)}
.tiles dt{margin:0}.tiles .value{font-size:1.9em;line-height:1.3;font-weight:700;color:var(--ink)}
.tiles .value.good{color:var(--good)}.tiles .value.bad{color:var(--bad)}.tiles .value.caution{color:var(--caution)}
.tiles .value.muted{color:var(--quiet)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88em;overflow-wrap:normal}
td,th{padding:.35em .6em;text-align:start;vertical-align:top;border-bottom:1px solid var(--rule);font-weight:400}
thead th,thead td{background:var(--wash);color:var(--quiet);font-weight:700;vertical-align:bottom;
border-bottom:2px solid var(--ink)}
th.group{font-weight:700;padding-top:1em}th.group span{display:block;font-weight:400}
td.right,thead th.right{text-align:end;font-variant-numeric:tabular-nums}
td.right{white-space:nowrap}
.notes{font-size:.82em;color:var(--quiet)}
figure{margin:1em 0;padding:.4em;background:#fff;border-radius:4px}
svg{display:block;width:100%;max-width:45rem;height:auto;margin:auto}
.narrow{display:none}
footer{margin-top:3em;font-size:.8em;border-top:1px solid var(--rule)}
@media(max-width:34rem){.wide{display:none}.narrow{display:block}body{padding:.7rem}td,th{padding:.35em .4em}}
@media print{:root{color-scheme:light;--ink:#1f2933;--quiet:#52606d;--rule:#d3d9df;--wash:#f4f6f8;--page:#fff;
--good:#005b8f;--bad:#b42318;--caution:#8a5a00}
body{max-width:none;padding:0;font-size:9pt}nav{display:none}.wide{display:block}.narrow{display:none}
.scroll{overflow:visible}tr,figure,.banner,.tiles{break-inside:avoid}h2,h3{break-after:avoid}
.banner,.alarm,.tiles dl,thead{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
@page{margin:15mm}
""".strip()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"

_SIZE = re.compile(r'viewBox="([^"]*)"')
_TAG = re.compile(r"<[^>]*>\s*")
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"]*"')
_SHARED = {
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
    # Verdana is as wide as the family in which charts are set.
    "font-family": f"'{FAMILY}', Verdana, sans-serif",
}


def _files(document: Document, drawings: "Drawings", report: str) -> Files:
    alts = {plot.id: plot.alt for plot in document.plots} | {curve.id: curve.alt for curve in document.curves}

    def chart(name: str) -> str:
        wide, narrow = (drawings.svg(name, width=width)[0] for width in (510.0, _NARROW))
        shown = _inlined(wide, name, "wide", alts[name]) + _inlined(narrow, f"{name}-narrow", "narrow", alts[name])
        return element("figure", shown)

    sections = [*([document.overview] if document.overview else []), *document.sections]
    links = "".join(f"<li>{text('a', each.title, href=f'#{each.id}')}</li>" for each in sections)
    banner = document.banner
    body = [
        text("p", document.warning, "alarm"),
        text("p", document.kicker, "quiet"),
        text("h1", document.title),
        text("p", document.hypothesis, "quiet"),
        element(
            "div",
            text("p", banner.label) + text("h2", banner.title) + text("p", banner.sentence),
            f"banner {banner.tone}",
        ),
        block(Facts(document.facts), chart),
        *(
            [_headline(document.headline, chart("headline") if document.plots else "")]
            if document.headline is not None
            else []
        ),
        text("h2", document.reasons_title) + bullets(document.reasons) if document.reasons else "",
        f"<nav><ul>{links}</ul></nav>",
        *(section(each, chart) for each in sections),
    ]
    head = (
        f'<meta charset="utf-8">{_MARK}<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="referrer" content="no-referrer">{text("title", document.title)}<style>{_STYLE}</style>'
    )
    page = f"<main>{''.join(body)}</main>{element('footer', text('p', document.footer))}"
    language = escaped(document.language)
    content = f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body>{page}</body></html>\n'
    yield f"{report}.html", content.encode()


def _headline(headline: Headline, chart: str) -> str:
    return "".join(
        [
            text("h2", headline.title),
            text("p", headline.details, "quiet"),
            tiles(headline.tiles) if headline.tiles else "",
            text("p", headline.plain),
            text("p", headline.beside),
            table(headline.table, titled=False) if headline.table is not None else "",
            chart,
        ]
    )


def _inlined(svg: str, name: str, kind: str, alt: str) -> str:
    """Return a chart as an element of the page, without its prologue, with ids of its own and no styles."""
    svg = svg[svg.index("<svg") :]
    size = _SIZE.search(svg)
    attributes = {"class": kind, "role": "img", "aria-label": alt, "viewBox": size[1] if size else "", **_SHARED}
    opened = " ".join(f'{key}="{escaped(value)}"' for key, value in attributes.items())
    content = _DROPPED.sub("", svg[svg.index(">") + 1 :])
    prefix = re.sub(r"[^\w-]", "-", name)
    return f"<svg {opened}>{_TAG.sub(lambda tag: _restyled(tag[0], prefix), content)}"


def _restyled(tag: str, prefix: str) -> str:
    """Return a tag of a chart whose id no other chart has, and whose style is attributes."""
    tag = _NO_TURN.sub("", re.sub(r"\s+", " ", tag))
    tag = re.sub(r'\bid="', f'id="{prefix}.', tag)
    tag = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}.", tag)
    tag = re.sub(r"(\.\d\d)\d+", r"\1", tag)
    return re.sub(r' style="([^"]*)"', lambda style: _attributes(style[1]), tag)


def _attributes(style: str) -> str:
    """Return the declarations of a style as attributes."""
    pairs = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    found = {name.strip(): value.strip().replace('"', "'") for name, value in pairs}
    if found.get("font-family") == f"'{FAMILY}'":
        del found["font-family"]
    return "".join(f' {name}="{value}"' for name, value in found.items())


FORMAT = Format("html", _files, mark=_MARK.encode())
